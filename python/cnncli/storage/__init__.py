"""Files that are there whole or not at all, locks, the container of model files, JSON of others."""
