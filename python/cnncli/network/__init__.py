"""Networks of layers: from descriptions in TOML, or made in Python."""

from cnncli.network.network import LayerRow as LayerRow
from cnncli.network.network import Network as Network
