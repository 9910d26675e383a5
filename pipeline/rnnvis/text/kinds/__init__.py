"""Corpora, one file for each kind of source."""
