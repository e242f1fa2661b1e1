"""Ink, paper, rules and parts: the steps by which a glyph is found in a picture.

`paper` tells paper from ink, `rules` takes lines away and `frame` borders and rings, `cutout` reads pictures cut to
the ink itself, `parts` drops dirt and counts glyphs, `layout` fits the glyph to MNIST's box, and `as_mnist` tells
which images lie in it already. All but the last work on float32 (H, W), ink from 0 to 1.
"""
