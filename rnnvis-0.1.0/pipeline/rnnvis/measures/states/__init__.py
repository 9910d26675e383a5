"""Measures of a whole state, and of pairs of states."""
