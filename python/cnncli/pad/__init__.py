"""A pad to draw on, without the terminal that it is shown in: what was drawn, what was typed, and where samples go.

`canvas` has the strokes, `events` reads what a terminal sends, `samples` keeps drawings as a folder of classes.
"""
