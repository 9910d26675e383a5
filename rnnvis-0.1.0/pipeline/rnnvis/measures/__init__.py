"""What is measured, each formula once."""
