"""The version of the program; pyproject.toml has the same. Asking the installed metadata for it takes 30 ms."""

__version__ = "0.1.0"
