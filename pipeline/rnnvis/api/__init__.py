"""What `import rnnvis` offers."""
