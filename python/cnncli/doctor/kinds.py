"""The kinds of findings in words."""

from typing import NamedTuple


class Kind(NamedTuple):
    """means : the fault as a clause; remedy : what to do; is_shown : whether `cnn break` shows it"""

    means: str
    remedy: str
    is_shown: bool = True


KINDS = {
    "no-shuffle": Kind("the images come in the same order in every epoch", "take them in a new order in each epoch"),
    "zero-init": Kind("units of a layer are copies of each other", "start with random weights: Network.initialize"),
    "rate-too-high": Kind("the learning rate is too high", "divide --lr by 3 to 10, or see cnn train --find-lr"),
    "gradients-kept": Kind(
        "gradients are added up over the steps", "set them to 0 before each backward: zero_grad_parameters"
    ),
    "labels-shifted": Kind("the labels do not belong to the images", "look at images beside their labels: cnn data"),
    "training-mode-at-test": Kind(
        "answers depend on chance or on the other images", "measure in evaluation mode: network.eval()"
    ),
    "deep-sigmoids": Kind(
        "the gradient vanishes on its way to the first layers",
        "use rectifiers, batch normalization or shortcuts; fewer layers",
    ),
    "test-set-leak": Kind(
        "images that are to be new ones were trained on", "set the test part aside first; cnn data finds equal images"
    ),
    "no-normalization": Kind(
        "the numbers that go in are far from mean 0 and deviation 1",
        "subtract the mean, divide by the deviation: InputRecipe.measured",
    ),
    "overfitting": Kind(
        "the training images are learned by heart", "more images, --augment, --weight-decay, dropout, --patience", False
    ),
    "dead-units": Kind("units give one value whatever the image", "a lower --lr, or LeakyReLU for ReLU", False),
    "duplicates": Kind("images are there more than once", "remove them: cnn data lists them", False),
}  # fmt: skip
