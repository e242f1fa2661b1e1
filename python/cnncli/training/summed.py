"""The learning rate of a training whose steps follow the sum of their images' losses."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cnncli.training.plan import Plan, optimizer_class
from cnncli.training.timetable import batch_of
from cnncli.training_options import TrainSettings


def with_sum(plan: Plan, settings: TrainSettings, described: Mapping[str, Any], images: int) -> Plan:
    """The plan for so many images trained on, if a step follows the sum of its images' losses.

    The default rate is for their mean, so it is divided by the images of a step, and the default L2 penalty is
    multiplied by them: the steps stay what they were. What is asked for, or described beside `reduce = "sum"`, is taken
    as it is. described : [training] of the network's description
    """
    follows = optimizer_class(plan.optimizer).on_command_line.follows_length
    if plan.reduce != "sum" or plan.rate_factor is None or described.get("reduce") == "sum" or not follows:
        return plan
    count = min(batch_of(plan.batch_size, images), images)
    decay = plan.weight_decay
    return replace(
        plan,
        learning_rate=plan.learning_rate / count,
        rate_factor=plan.rate_factor / count,
        weight_decay=decay * count if decay is not None and settings.weight_decay is None else decay,
    )
