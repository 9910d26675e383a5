#!/bin/sh
# Formatting, lint, types and generated files: what `make check` runs.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin/python
$bin -m ruff check setup.py pipeline tests benchmarks tools
$bin -m ruff format --check setup.py pipeline tests benchmarks tools
$bin -m mypy
$bin -m rnnvis.published.typescript --check
$bin -m tools.website.colours --check
PYTHONPATH=pipeline:. $bin -c "from importlinter.cli import lint_imports_command as check; check()" --no-cache
sh tests/npm.sh run check
