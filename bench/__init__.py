"""Benchmarks: `python -m bench`. Each sets ours beside what else could be done, in one run on one machine."""
