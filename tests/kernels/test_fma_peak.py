"""The peak that benchmarks measure against: a number that a CPU of today can have."""

from cnncli import _core


def test_peak_is_measured_with_every_instruction_set(instruction_set: str) -> None:
    # From an old core at 1 GHz without a multiply-add to 32 lanes at 10 GHz: no wrong unit, no removed loop.
    assert 1e9 < _core.fma_peak(seconds=0.003) < 1e12
