"""The questions of `cnn quiz`: eleven topics of the lecture, with numbers drawn from a seed.

The answers are computed by the layers, losses and optimizers that train networks. `basics`, `learning` and `images`
have the questions, `topics` their list, `page` the quiz as one page.
"""
