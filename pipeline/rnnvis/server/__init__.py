"""The range server."""
