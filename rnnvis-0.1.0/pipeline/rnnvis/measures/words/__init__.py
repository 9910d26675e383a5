"""Measures of words: responses, quantiles, surprise, contexts, parts of speech."""
