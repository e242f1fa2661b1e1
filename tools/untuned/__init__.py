"""Folders made by code, and how `cnn train FOLDER` does on them beside other settings."""
