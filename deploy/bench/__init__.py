"""Compare this project with common alternatives; run by `deploy/benchmark`."""
