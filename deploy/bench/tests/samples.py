"""Sample results."""

from bench.results import Process, Results, Run
from bench.variants import GET, PATCH

MACHINE = {"CPU": "a machine, 2 cores", "memory": "8 GB", "system": "Debian", "Django": "5.2"}


def make_run(variant="a", **overrides):
    values = {
        "round": 0,
        "variant": variant,
        "request": GET,
        "clients": 32,
        "throughput": 1000.0,
        "p50": 20.0,
        "p99": 40.0,
        "failures": 0,
        "connections": 10,
    }
    return Run(**values | overrides)


def make_results(*runs, **overrides):
    values = {
        "made": "2026-01-31",
        "rounds": 1,
        "seconds": 4,
        "workers": 2,
        "threads": 16,
        "cap": 10,
        "machine": MACHINE,
        "statements": {"a": {GET: 1.0, PATCH: 2.0}},
        "memory": {"a": [Process(kind="gunicorn, worker", rss=80.0, pss=60.0)] * 2},
        "runs": list(runs),
    }
    return Results(**values | overrides)


def make_full_results():
    throughputs = {"a": 1000, "a-direct": 1050, "b": 100, "c": 400, "d": 450, "e": 1900}
    return make_results(
        *(
            make_run(key, request=request, clients=clients, throughput=float(throughput))
            for key, throughput in throughputs.items()
            for request in (GET, PATCH)
            for clients in (1, 32, 1000)
        )
    )
