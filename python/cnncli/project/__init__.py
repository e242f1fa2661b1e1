"""The folder that `cnn new-project` writes: a training in five files, in the order of the lecture.

`make` finds out what is to be written and writes it, `texts` has the files, `layer_code` says layers as Python.
"""
