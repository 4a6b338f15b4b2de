"""The benchmark: this project beside what people would use instead. `deploy/benchmark` runs it."""
