"""Under the microscope: how one number of a network comes about, and one step of its training.

`unit` explains one value of a layer and what becomes of it, `one_step` a training step, `chain` one weight's gradient.
"""
