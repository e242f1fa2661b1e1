"""Convolutional networks on any CPU: `cnncli.load("model.bin").predict(images)`.

Nothing heavy is imported before it is used: `import cnncli` loads no NumPy.
"""

from typing import TYPE_CHECKING

from cnncli.version import __version__

if TYPE_CHECKING:
    from cnncli.model import Model, Prediction, load
    from cnncli.network import Network

__all__ = ["Model", "Network", "Prediction", "__version__", "load"]


def __getattr__(name: str) -> object:
    if name in ("Model", "Prediction", "load"):
        from cnncli import model

        return getattr(model, name)
    if name == "Network":
        from cnncli.network import Network

        return Network
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
