"""The losses: one file each, and this table of contents."""

from cnncli.criteria.bce_loss import BCELoss
from cnncli.criteria.bce_with_logits_loss import BCEWithLogitsLoss
from cnncli.criteria.by_text import BY_NAME as BY_NAME
from cnncli.criteria.criterion import Criterion
from cnncli.criteria.cross_entropy_loss import CrossEntropyLoss
from cnncli.criteria.hinge_loss import HingeLoss
from cnncli.criteria.huber_loss import HuberLoss
from cnncli.criteria.kl_div_loss import KLDivLoss
from cnncli.criteria.l1_loss import L1Loss
from cnncli.criteria.mse_loss import MSELoss
from cnncli.criteria.multi_criterion import MultiCriterion
from cnncli.criteria.multi_label_margin_loss import MultiLabelMarginLoss
from cnncli.criteria.multi_margin_loss import MultiMarginLoss
from cnncli.criteria.nll_loss import NLLLoss
from cnncli.criteria.of_labels import OfLabels
from cnncli.criteria.smooth_l1_loss import SmoothL1Loss
from cnncli.criteria.soft_margin_loss import SoftMarginLoss
from cnncli.criteria.sum_squares import SumSquares
from cnncli.layers.other_names import missing

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "Criterion",
    "CrossEntropyLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MultiCriterion",
    "MultiLabelMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "OfLabels",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "SumSquares",
]


def __getattr__(name: str) -> object:
    raise missing(__name__, name, __all__)
