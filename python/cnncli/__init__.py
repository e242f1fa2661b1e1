"""Convolutional networks on any CPU: `cnncli.load("model.bin").predict(images)`, `cnncli.Trainer(network, images)`.

Nothing heavy is imported before it is used: `import cnncli` loads no NumPy.
"""

from cnncli.version import __version__

TYPE_CHECKING = False  # type checkers take it for true; `typing` is slow to import
if TYPE_CHECKING:
    from cnncli import criteria, data, layers, measures, optim
    from cnncli.augmentation import Augmentation
    from cnncli.model import Model, Prediction, load, save
    from cnncli.network import Network
    from cnncli.plugins import load_plugin
    from cnncli.training.timetable import Timetable
    from cnncli.training.trainer import Trainer

# Each name, and the module it is in; of a module, the module itself.
_PLACES = {
    "Augmentation": "augmentation",
    "Model": "model",
    "Network": "network",
    "Prediction": "model",
    "Timetable": "training.timetable",
    "Trainer": "training.trainer",
    "criteria": "criteria",
    "data": "data",
    "layers": "layers",
    "load": "model",
    "load_plugin": "plugins",
    "measures": "measures",
    "optim": "optim",
    "save": "model",
}

__all__ = [
    "Augmentation",
    "Model",
    "Network",
    "Prediction",
    "Timetable",
    "Trainer",
    "__version__",
    "criteria",
    "data",
    "layers",
    "load",
    "load_plugin",
    "measures",
    "optim",
    "save",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"cnncli.{_PLACES[name]}")
    return module if name == _PLACES[name] else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
