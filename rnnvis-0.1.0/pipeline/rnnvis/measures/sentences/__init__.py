"""Measures along a sentence."""
