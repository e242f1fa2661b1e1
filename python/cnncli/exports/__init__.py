"""A trained network in forms that other programs run; the first is a page for a browser."""
