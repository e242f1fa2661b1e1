"""Seeing a network: arrays become pictures, for a PNG or for the characters of a terminal.

One module a view: `masks`, `features`, `filters`, `field`, `diagram`, `strip`, `saliency`, `histograms`; what they draw
with is in `scales`, `tiles`, `page` and `terminal`. Nothing is imported here: commands need one of them at a time.
"""
