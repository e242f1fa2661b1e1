"""The digest of a network's weights: by it two models are the same, or are not."""

import hashlib

import numpy as np

from cnncli.network import Network


def weights_digest(network: Network) -> str:
    """SHA-256, 64 hex digits, of the names and the float32 values in little-endian order of all parameters and then of
    all buffers, as docs/same-bits.md has them.

    >>> from cnncli.layers import Flatten, Linear
    >>> network = Network([Flatten(), Linear(4, 2)], (1, 2, 2))
    >>> before = weights_digest(network)
    >>> network.parameters()[0][0][0, 0] += 1
    >>> weights_digest(network) == before
    False
    """
    digest = hashlib.sha256()
    for parameter in network.named_parameters():
        digest.update(parameter.name.encode())
        digest.update(np.ascontiguousarray(parameter.value, "<f4").data)
    for name, values in network.named_buffers():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(values, "<f4").data)
    return digest.hexdigest()
