"""A trained network with what it needs to answer: the front door for programs."""

from cnncli.model.model import Model as Model
from cnncli.model.model import Prediction as Prediction
from cnncli.model.model import load as load
from cnncli.model.model import save as save
