"""The learning rate of an optimizer, and for a batch size that a network's description was not made for."""

from dataclasses import dataclass

# Of a description's rate, for any batch size: no network that ships ends at chance with it, whatever the batch size;
# twice the rate costs lenet5 a point with batches of 1,024, four times ends it at chance with 2,048: docs/training.md.
LARGEST_FACTOR = 1.4


@dataclass(frozen=True)
class DefaultRate:
    """The learning rate that `cnn train` takes for an optimizer where nobody gives one; measured in docs/training.md.

    rate : with batches of 64
    power, largest : for another batch size it is multiplied by min((batch size / 64) ** power, largest)
    follows_length : whether a gradient twice as long makes a step twice as long, so that for the sum of a batch's
        losses in place of their mean the rate is divided by the images of a batch
    """

    rate: float
    power: float = 1.0
    largest: float = LARGEST_FACTOR
    follows_length: bool = False

    def factor(self, described_batch_size: float, batch_size: float) -> float:
        """By how much a rate for one batch size, which may be infinite, is multiplied for another one."""
        return rate_factor(described_batch_size, batch_size, self.power, self.largest)

    def at(self, batch_size: int) -> float:
        """The rate for a batch size."""
        return self.rate * self.factor(64, batch_size)


def rate_factor(
    described_batch_size: float, batch_size: float, power: float = 1.0, largest: float = LARGEST_FACTOR
) -> float:
    """By how much a learning rate is multiplied for another batch size: for SGD in proportion, and at most 1.4.

    With a smaller batch there are more steps in an epoch and each follows fewer images. In proportion, an image moves
    the weights as much as before; the described rate itself lets momentum add up steps that are mostly noise, until
    the network is dead. With a larger batch the same holds until the rate is so large that a step overshoots however
    exact its direction is; from there on the rate stays.

    Source: Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.1, for the proportion; measured for the
    networks that ship in docs/training.md.

    A batch of all images has nothing of chance, however few they are, and stands for one of infinitely many.

    >>> [rate_factor(64, batch_size) for batch_size in (1, 8, 64, 128, 1024)]
    [0.015625, 0.125, 1.0, 1.4, 1.4]
    """
    share = 1.0 if batch_size == described_batch_size else batch_size / described_batch_size
    return float(min(share**power, largest))
