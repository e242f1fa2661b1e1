"""What has to be said after a training that learned nothing: judged by answers, not by what the loss looked like.

A network that knows nothing of its images can still give one answer for all. The best of these has the largest
class right, and the entropy of the classes as its loss. What is not better than both has learned nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnncli.shown import percent, plural

# Of the number of right answers. With three, one network of 700 that knows something is missed, were it at chance.
_STANDARD_ERRORS = 3.0
# Before the images are looked at again, which costs a moment: what is far from chance needs no look.
_FAR = 6.0
# Of the loss of one answer for all; a network that is dead ends within a thousandth of it.
_BETTER_LOSS = 0.99
# So many images tell 11.5 % from 10 %.
MOST_IMAGES = 4096
_FEW_STEPS = 100
_LARGE = 100  # times the usual rate
_EXPLODED = 10  # times the loss of one answer for all: none gets there that only knows nothing
# Above the share of the largest class, from which nobody would say that nothing was learned.
_PLAIN = 0.1


@dataclass(frozen=True)
class OneAnswer:
    """The best that one answer for all images can do.

    share : float in (0, 1], of the images right: those of the largest class
    loss : cross-entropy in nats, which no answer goes below that is the same for all
    """

    share: float
    loss: float

    @classmethod
    def of(cls, labels: npt.NDArray[np.integer]) -> "OneAnswer":
        """For images with these labels, (N,), N >= 1.

        >>> OneAnswer.of(np.array([0, 1, 1, 1])).share
        0.75
        """
        shares = np.bincount(labels) / len(labels)
        shares = shares[shares > 0]
        return cls(float(shares.max()), float(-(shares * np.log(shares)).sum()))

    def by_luck(self, images: int, standard_errors: float = _STANDARD_ERRORS) -> float:
        """The accuracy on so many images up to which luck is enough."""
        return self.share + standard_errors * math.sqrt(self.share * (1 - self.share) / images)


@dataclass(frozen=True)
class Measured:
    """Loss and accuracy on so many images."""

    images: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class HowTrained:
    """What of a training may be why it learned nothing.

    usual_rate : what `cnn train` takes for this optimizer and batch size where nobody says more
    normalizes : whether the network has batch normalization, which may be right in training and wrong afterwards
    """

    steps: int
    batch_size: int
    learning_rate: float
    usual_rate: float
    normalizes: bool


def looks_dead(answer: OneAnswer, losses: Sequence[float], measured: Sequence[Measured]) -> bool:
    """Whether it is worth measuring on the training images again, with the network as it was kept.

    losses : of all epochs, in training
    measured : in training during the epoch that was kept, and on other images that the network was tried on
    """
    near = any(part.accuracy <= answer.by_luck(part.images, _FAR) for part in measured)
    return near or _never_fell(answer, losses)


def remark(
    answer: OneAnswer,
    losses: Sequence[float],
    trained: Measured,
    again: Measured,
    how: HowTrained,
) -> str | None:
    """One line with a remedy for a network that learned nothing; None for one that learned.

    answer : for the images of `again`
    losses : of all epochs, in training
    trained : during the epoch that was kept
    again : with the network that was kept, on images it was trained on
    """
    if answer.loss == 0:  # one class
        return None
    is_better = again.accuracy > answer.by_luck(again.images) or again.loss < _BETTER_LOSS * answer.loss
    remedy = _remedy(answer, trained, again, how)
    if not is_better and again.accuracy - answer.share > _PLAIN:  # of so few images that luck alone may be it
        return (
            f"{again.images} images are too few to tell whether anything was learned: {percent(again.accuracy)} are "
            f"right, and {percent(answer.share)} with the most frequent class as the answer for all; {remedy}"
        )
    if not is_better:
        return (
            f"nothing was learned: of the training images {percent(again.accuracy)} are right, and "
            f"{percent(answer.share)} are with the most frequent class as the answer for all; {remedy}"
        )
    if _never_fell(answer, losses) and again.loss > answer.loss:
        return (
            f"the loss never fell: {losses[0]:.4g} in the first epoch, {losses[-1]:.4g} in the last, and "
            f"{answer.loss:.4g} with one answer for all images; {remedy}"
        )
    return None


def _never_fell(answer: OneAnswer, losses: Sequence[float]) -> bool:
    return len(losses) > 1 and min(losses[1:]) >= losses[0] and losses[-1] >= answer.loss


def _is_worse(again: Measured, trained: Measured) -> bool:
    """Whether so many fewer are right than in training that it is not by chance."""
    share = (again.accuracy * again.images + trained.accuracy * trained.images) / (again.images + trained.images)
    error = math.sqrt(share * (1 - share) * (1 / again.images + 1 / trained.images))
    return trained.accuracy > again.accuracy + _STANDARD_ERRORS * error


def _remedy(answer: OneAnswer, trained: Measured, again: Measured, how: HowTrained) -> str:
    """What to do, see `remark`. A rate that has thrown the weights far away is it however few the steps were."""
    larger = min(max(16, 4 * how.batch_size), trained.images)
    takes_few = how.steps < _FEW_STEPS
    if how.normalizes and _is_worse(again, trained) and (larger > how.batch_size or takes_few):
        # After few steps the averages still hold what they began with, and a batch is never larger than the data.
        do = "pass more --epochs" if takes_few else f"pass a larger --batch-size, such as {larger}"
        yet = f" yet after {plural(how.steps, 'step')}" if takes_few else ""
        return (
            f"in training, where batch normalization uses the batch itself, {percent(trained.accuracy)} were, so "
            f"its running averages do not fit{yet}: {do}"
        )
    has_exploded = again.loss > _EXPLODED * answer.loss and how.learning_rate > how.usual_rate
    if has_exploded or how.learning_rate > _LARGE * how.usual_rate:
        smaller = min(how.usual_rate, how.learning_rate / 10)
        return f"--lr {how.learning_rate:.3g} is large: pass a smaller one, such as {smaller:.2g}"
    if takes_few:
        few = "1 step is" if how.steps == 1 else f"{how.steps} steps are"
        return f"{few} few: pass more --epochs, or a smaller --batch-size"
    if how.learning_rate < how.usual_rate / 50:
        return f"--lr {how.learning_rate:.3g} is small: pass a larger one, such as {how.usual_rate:.2g}"
    rate = how.learning_rate / 10
    return f"pass a smaller --lr, such as {rate:.2g}, or look whether images and labels belong together"
