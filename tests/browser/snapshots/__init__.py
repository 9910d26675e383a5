"""Pictures of every view in both themes, kept as references: `python -m tests.browser.snapshots --update` renews them.

The pictures show planted data, so that no training changes them. `compare` says when two pictures differ; `scenes` says
what is pictured and how.
"""
