"""Benchmarks of the served system: data sets, scorers, runs, reports. Nothing imports this room."""
