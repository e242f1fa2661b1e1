"""The learning rate for a batch size that a network's description was not made for."""

# Of a description's rate, for any batch size: no network that ships ends at chance with it, whatever the batch size;
# twice the rate costs lenet5 a point with batches of 1,024, four times ends it at chance with 2,048: docs/training.md.
LARGEST_FACTOR = 1.4


def rate_factor(described_batch_size: int, batch_size: int) -> float:
    """By how much a described learning rate is multiplied for another batch size: in proportion, and at most 1.4.

    With a smaller batch there are more steps in an epoch and each follows fewer images. In proportion, an image moves
    the weights as much as before; the described rate itself lets momentum add up steps that are mostly noise, until
    the network is dead. With a larger batch the same holds until the rate is so large that a step overshoots however
    exact its direction is; from there on the rate stays.

    Source: Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.1, for the proportion; measured for the
    networks that ship in docs/training.md.

    >>> [rate_factor(64, batch_size) for batch_size in (1, 8, 64, 128, 1024)]
    [0.015625, 0.125, 1.0, 1.4, 1.4]
    """
    return min(batch_size / described_batch_size, LARGEST_FACTOR)
