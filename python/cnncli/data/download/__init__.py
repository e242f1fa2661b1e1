"""Data sets by name: where they are published, fetched, verified and kept."""
