"""Whether a layer does what training, saving and compiled programs rely on: `check_layer`."""

from cnncli.checks.layer import Verdict as Verdict
from cnncli.checks.layer import check_layer as check_layer
