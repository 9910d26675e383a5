"""The steps of a recipe: corpus, train, record, cluster and so on."""
