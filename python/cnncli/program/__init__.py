"""A network lowered once, for one batch size, to native operations on buffers of its own."""

from cnncli.program.program import Program as Program
from cnncli.program.results import EvaluationResult as EvaluationResult
from cnncli.program.results import StepResult as StepResult
