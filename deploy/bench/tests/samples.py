"""Sample results."""

from bench.plan import STEADY
from bench.results import Results, Run
from bench.variants import GET, PATCH

MACHINE = {"CPU": "a machine, 2 cores", "memory": "8 GB", "system": "Debian", "Django": "5.2"}


def make_run(variant="site", **overrides):
    values = {
        "round": 0,
        "pair": "persistent",
        "variant": variant,
        "request": GET,
        "clients": 32,
        "responses": 5000,
        "throughput": 1000.0,
        "p50": 20.0,
        "p99": 40.0,
        "failures": 0,
        "connections": 10,
    }
    return Run(**values | overrides)


def make_pairs(*ratios, pair="persistent", other=None, **overrides):
    """Return a pair of turns per ratio of the site's throughput to the other's."""
    return [
        run
        for number, ratio in enumerate(ratios)
        for run in (
            make_run(round=number, pair=pair, throughput=100.0 * ratio, **overrides),
            make_run(
                pair if other is None else "site",
                round=number,
                pair=pair,
                throughput=100.0,
                **overrides | (other or {}),
            ),
        )
    ]


def make_results(*runs, **overrides):
    values = {
        "made": "2026-01-31",
        "rounds": 3,
        "seconds": 4,
        "workers": 2,
        "threads": 16,
        "cap": 10,
        "machine": MACHINE,
        "statements": {"site": {GET: 1, PATCH: 2}},
        "memory": {"site": 120.0},
        "runs": list(runs),
    }
    return Results(**values | overrides)


def make_full_results():
    """Return results that meet all targets, under 1, 32 and 1000 clients."""
    ratios = {"direct": 1.0, "constant": 0.6, "persistent": 3.5, "pool": 3.0}
    runs = [
        run
        for request in (GET, PATCH)
        for key, ratio in ratios.items()
        if (key, request) != ("constant", PATCH)
        for clients in (1, 32, 1000)
        for run in make_pairs(ratio, ratio, ratio, pair=key, request=request, clients=clients)
    ]
    runs = [make_run(**vars(run) | {"p99": 20.0}) if run.variant == "site" else run for run in runs]
    for request in (GET, PATCH):
        at_32 = {"clients": 32}
        runs += make_pairs(1, 1, 1, pair=STEADY, other=at_32, request=request, clients=1000)
    return make_results(*runs)
