"""The load test: simulated users, their measurements and the report."""
