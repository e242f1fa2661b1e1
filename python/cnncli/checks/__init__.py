"""Whether a layer does what training, saving and compiled programs rely on: `check_layer`."""

from cnncli.checks.layer import CheckResult as CheckResult
from cnncli.checks.layer import check_layer as check_layer
