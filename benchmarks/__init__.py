"""Speed, side by side with other programs in one run: `python -m benchmarks --help`."""
