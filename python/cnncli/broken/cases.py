"""The nine cases: what each does wrong, what its curves look like, why, and how to mend it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cnncli.broken import mistakes
from cnncli.broken.names import NAMES
from cnncli.data import DataSet
from cnncli.errors import UsageError
from cnncli.layers.batch_norm import BatchNorm
from cnncli.nearest import nearest, same_but_for_case
from cnncli.network import Network
from cnncli.training.trainer import Trainer


def _same_network(description: dict[str, Any], is_broken: bool) -> dict[str, Any]:
    return description


def _same_data(dataset: DataSet, is_broken: bool) -> DataSet:
    return dataset


def _as_it_is(network: Network) -> None:
    pass


@dataclass(frozen=True)
class Case:
    """One mistake, and its words.

    name : as it is typed, and as the doctor calls it
    shows : a line of the list
    look, why, mend : what to look for in the curves, why it comes about, what to do
    wrong, right : the lines that make the mistake, and those that do not
    described, data : make the twins' network and data, told whether they are for the broken one
    network : what is done to the broken network before its first step
    trainer : what trains the broken network
    rate_factor, of_normalized : by which its learning rate is that of the twin; in a network with batch normalization,
        which bears more
    """

    name: str
    title: str
    shows: str
    look: str
    why: str
    mend: str
    wrong: str
    right: str
    described: Callable[[dict[str, Any], bool], dict[str, Any]] = _same_network
    data: Callable[[DataSet, bool], DataSet] = _same_data
    network: Callable[[Network], None] = _as_it_is
    trainer: type[Trainer] = Trainer
    rate_factor: float = 1.0
    of_normalized: float = 1.0

    def rate(self, rate: float, network: Network) -> float:
        """Its learning rate, where that of the twin is `rate`."""
        is_normalized = any(isinstance(layer, BatchNorm) for _, layer in network.leaves())
        return rate * (self.of_normalized if is_normalized else self.rate_factor)


CASES = (
    Case(
        name="no-shuffle",
        title="No shuffling: the images come class by class",
        shows="the images come in the same order, class by class",
        look="The loss is a saw: within an epoch it jumps whenever the next class begins and falls while that "
        "class lasts, at the same steps in every epoch. The validation accuracy stays low or jumps about.",
        why="A step follows the mean gradient of its batch. If all images of a batch are zeros, answering zero "
        "is best, whatever the image shows; then come the ones, and all that was learned is overwritten. "
        "The batch is no sample of the data, so its gradient is no estimate of theirs.",
        mend="Take the images in a new random order in each epoch; cnn train does.",
        wrong="for start in range(0, len(images), 64):\n"
        "    step(images[start : start + 64])       # in the order of the files",
        right="order = rng.permutation(len(images))       # anew in each epoch\n"
        "for start in range(0, len(images), 64):\n    step(images[order[start : start + 64]])",
        data=mistakes.by_class,
        trainer=mistakes.Unshuffled,
    ),
    Case(
        name="zero-init",
        title="All weights start at 0",
        shows="all weights start at 0, so that all units stay alike",
        look="The loss begins at log(classes) and stays there, a straight line; the accuracy is that of "
        "guessing. No gradient reaches any weight.",
        why="The gradient of a weight is the product of what comes in and of what comes back, and both pass "
        "through other weights: with zeros they are 0. Were all weights one other number, the units of a "
        "layer would get the same gradients and stay copies of each other: it is chance that tells them "
        "apart (symmetry breaking).",
        mend="Start with random weights, of deviation sqrt(2 / inputs) for rectifiers (He et al. 2015); "
        "Network.initialize does. Biases may start at 0.",
        wrong="for parameter in network.named_parameters():\n    parameter.value[...] = 0",
        right="network.initialize(seed)",
        network=mistakes.zeroed,
    ),
    Case(
        name="rate-too-high",
        title="The learning rate is too high",
        shows="steps so long that they jump over the valley",
        look="The loss rises above where it began, within the first epochs, and jumps. Often it ends as "
        "infinity; or it comes down to a flat line, with many units that are dead.",
        why="Along a direction of curvature a, a step with the rate r multiplies the distance from the lowest "
        "point by 1 - r a: beyond r = 2 / a it grows with every step (cnn learn descent). One long step can "
        "also push units of rectifiers to where they give 0 for every image, and there is no gradient that "
        "brings them back.",
        mend="Divide the rate by 10 until the loss falls from the start; cnn train --find-lr tries many. A "
        "warm-up helps in the first steps.",
        wrong="optimizer = SGD(8 * 0.05, momentum=0.9)",
        right="optimizer = SGD(0.05, momentum=0.9)",
        rate_factor=8.0,
        of_normalized=60.0,
    ),
    Case(
        name="gradients-kept",
        title="The gradients are never set back to 0",
        shows="gradients are added up and never set back to 0",
        look="For some steps all is well. Then the loss climbs and swings, ever wilder, and the gradients get "
        "longer and longer while they hardly turn from one step to the next.",
        why="backward adds to the gradients that are there, so that the parts of a batch can be summed. If "
        "nobody sets them to 0, each step follows the sum of all steps before it: a ball without friction, "
        "which gathers speed downhill and runs up the other side.",
        mend="Call zero_grad_parameters before each backward; Trainer and Program do.",
        wrong="network.forward(batch)\nnetwork.backward(batch, grad)       # adds to the old ones\n"
        "optimizer.step(network.named_parameters())",
        right="network.zero_grad_parameters()      # first\nnetwork.forward(batch)\nnetwork.backward(batch, grad)\n"
        "optimizer.step(network.named_parameters())",
        trainer=mistakes.NotZeroed,
    ),
    Case(
        name="labels-shifted",
        title="The labels are one place off",
        shows="each image has the label of its neighbour",
        look="The training loss falls, slowly, and the validation accuracy stays at that of guessing while the "
        "validation loss rises. What is learned holds for no new image.",
        why="A label that says nothing of its image can only be learned by heart. With enough weights that "
        "works for the training images (Zhang et al. 2017), and it is worth nothing for others.",
        mend="Look at some images beside their labels: cnn data FOLDER --out sheet.png draws them. Off by one "
        "are mostly tables whose head was counted as a row, and lists that were sorted by themselves.",
        wrong="images = read_images(...)\nlabels = read_rows(...)[:-1]          # the head counts as a row",
        right="labels = read_rows(...)[1:]",
        data=mistakes.labels_shifted,
    ),
    Case(
        name="training-mode-at-test",
        title="Measured in training mode",
        shows="dropout drops in validation too, so that answers vary",
        look="The validation curve lies too low and shakes, and the training images do not seem to be learned "
        "either. Asked twice about one image, the network says two things.",
        why="Dropout is to drop in training only, and batch normalization takes the batch's own mean there, so "
        "that an answer depends on chance and on the other images. The network may be good: it is measured "
        "badly.",
        mend="Call network.eval() before measuring, and network.train() before going on; Model and Program do.",
        wrong="scores = network.forward(validation)            # still in training mode",
        right="network.eval()\nscores = network.forward(validation)\nnetwork.train()",
        described=mistakes.with_dropout,
        trainer=mistakes.TrainingModeAtTest,
    ),
    Case(
        name="deep-sigmoids",
        title="Many layers of sigmoids",
        shows="many layers of sigmoids: the first get no gradient",
        look="The loss stays at log(classes) for many epochs. The last layers get gradients and the first ones "
        "get next to none: each layer makes it several times smaller.",
        why="Back-propagation multiplies by f' at every layer. That of the sigmoid is at most 1/4, so that "
        "through eight layers hardly a hundred thousandth is left (Hochreiter 1991; Glorot & Bengio 2010).",
        mend="Take rectifiers with weights of deviation sqrt(2 / inputs), or batch normalization, or shortcuts "
        "around layers.",
        wrong="layers += [Linear(64, 64), Sigmoid()] * 6",
        right="layers += [Linear(64, 64), ReLU()] * 6",
        described=mistakes.deep,
    ),
    Case(
        name="test-set-leak",
        title="The test images were trained on",
        shows="the test images are among the training images",
        look="The curves look better than ever, and the test accuracy is near that of the training images. Only "
        "images that the network has truly never seen, here the validation part, are still as hard as they "
        "were.",
        why="A test set says how a network does on new images. One that was trained on says how well it learned "
        "by heart.",
        mend="Set the test part aside before anything else, look for equal images with cnn data, keep all "
        "pictures of one person or one film in one part.",
        wrong="images = np.concatenate([train.images, test.images])     # all there is\n"
        "labels = np.concatenate([train.labels, test.labels])\n"
        "Trainer(network, (images, labels))",
        right="Trainer(network, train)              # and test is read once, at the end",
        data=mistakes.with_test,
    ),
    Case(
        name="no-normalization",
        title="The input is not normalized",
        shows="the network gets bytes, 0 to 255, not -1 to 1",
        look="The first losses are in the hundreds, or far beyond, and then the loss is a flat line at "
        "log(classes): the first long steps have killed the units.",
        why="Weights start so that inputs of deviation 1 give outputs of deviation 1. Bytes are a hundred times "
        "as large; so are the sums, the scores and the gradients, and the usual rate is a hundred times too "
        "high.",
        mend="Subtract the mean of the training images and divide by their deviation; a network's recipe does, "
        "and InputRecipe.measured finds both.",
        wrong="x = images.astype(np.float32)                       # 0 to 255",
        right="x = (images / 255 - mean) / deviation",
        network=mistakes.not_normalized,
    ),
)


def find_case(name: str) -> Case:
    """The case of a name. Raises UsageError that says which there are."""
    meant = same_but_for_case(name, NAMES)
    if meant in NAMES:
        return CASES[NAMES.index(meant)]
    close = nearest(name, NAMES) or next((case for case in NAMES if name and name.lower() in case), None)
    listed = ", ".join(NAMES)
    raise UsageError(f"{name}: no such case; {f'did you mean {close}?' if close else f'use {listed}'}")
