"""The seal of a trained model: a digest of all that its file says, by which it shows whether it was changed afterwards.

It finds what was changed by mistake or without care. Who knows how can make another seal; `cnn replay` finds that by
training again.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cnncli.model_file.serialize import as_json
from cnncli.model_file.weights import weights_digest
from cnncli.network import Network

_KEY = "seal"


def sealed(network: Network, record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the seal of the network and of all else that the record says."""
    return {**record, _KEY: _seal(network, record)}


def has_seal(record: Mapping[str, Any]) -> bool:
    return _KEY in record


def is_intact(network: Network) -> bool:
    """Whether the seal in the record of a loaded network is that of its weights, its description and its record."""
    return bool(network.record.get(_KEY) == _seal(network, network.record))


def _seal(network: Network, record: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in record.items() if key != _KEY}
    said = as_json({"network": network.description(), "record": rest, "weights": weights_digest(network)})
    return hashlib.sha256(json.dumps(said, sort_keys=True, allow_nan=False).encode()).hexdigest()
