"""What `import rnnvis` offers for models of one's own: record, look at, publish, serve."""
