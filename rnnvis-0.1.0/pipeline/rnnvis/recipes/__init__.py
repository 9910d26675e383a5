"""Recipes: models that this project trains itself, and what it publishes of them."""
