"""Measures of single units and gates."""
