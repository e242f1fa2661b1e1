"""The lessons of `cnn learn`: each computes its numbers now, with the layers, losses and optimizers that train "
"networks.

`catalogue` lists them. A lesson is a function that gives a `Lesson` of blocks (`blocks`), drawn in a terminal
(`cli/render_lesson.py`) or as a page (`page`) whose controls are the scripts in `web`.
"""
