"""`python -m bench`: measures in the databases that deploy/benchmark has made."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import django

from bench.plan import Plan


def main(arguments: Sequence[str]) -> int:
    """The exit status: 1 where this project failed a request or passed its cap."""
    plan = Plan.from_arguments(arguments)
    if plan.is_only_told:
        sys.stdout.write(plan.told())
        return 0
    django.setup()
    from bench import report
    from bench.measure import measure
    from bench.table import short

    results = measure(plan)
    report.write(results, plan.output)
    sys.stdout.write(f"\n{short(results)}\n\nAll of it: {plan.output}\n")
    return 0 if results.holds() else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
