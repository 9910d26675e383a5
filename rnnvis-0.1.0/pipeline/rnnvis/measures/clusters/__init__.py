"""Co-clusters of words and units."""
