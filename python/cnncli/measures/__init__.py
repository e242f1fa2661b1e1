"""What Torch7's optim has beside optimizers: a confusion matrix that is filled batch by batch, and a log of columns."""

from cnncli.measures.confusion_matrix import ConfusionMatrix as ConfusionMatrix
from cnncli.measures.logger import Logger as Logger
