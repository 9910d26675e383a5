"""Figures of several seeds and models."""
