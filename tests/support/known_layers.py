"""What a message says of the layers that there are, so that a new one is no new message."""

from cnncli.layers import LAYER_TYPES
from cnncli.layers.registry import is_built_in

SHOWN = 16
_NAMES = sorted(name for name, layer_type in LAYER_TYPES.items() if is_built_in(layer_type))
_OWN = "(your own: --plugin FILE.py)"
KNOWN_LAYERS = f"known: {', '.join(_NAMES[:SHOWN])} and {len(_NAMES) - SHOWN} more {_OWN}"
