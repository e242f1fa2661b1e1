"""Single-token mutants of the Python modules: changes that a test should notice, and those that none does."""
