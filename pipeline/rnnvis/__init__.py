"""rnnvis: see what the hidden units of a recurrent model remember, and why it answered that."""

__version__ = "0.1.0"
