"""Photographs of filled-in forms by simulation, and what `cnn collect` makes of them."""
