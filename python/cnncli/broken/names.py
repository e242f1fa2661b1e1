"""The names of the cases, without what makes them: the Tab key offers these at once."""

NAMES = (
    "no-shuffle",
    "zero-init",
    "rate-too-high",
    "gradients-kept",
    "labels-shifted",
    "training-mode-at-test",
    "deep-sigmoids",
    "test-set-leak",
    "no-normalization",
)
