"""`python -m bench`: measure in the databases that deploy/benchmark creates."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import django

from bench.plan import Plan


def main(arguments: Sequence[str]) -> int:
    """Return 1 if a variant's work is not as claimed, or this project failed a request or exceeded
    its cap, else 0."""
    plan = Plan.from_arguments(arguments)
    if plan.is_dry_run:
        sys.stdout.write(plan.describe())
        return 0
    django.setup()
    from bench import report
    from bench.measure import measure
    from bench.table import render_short
    from bench.verify import VerificationError

    try:
        results = measure(plan)
    except VerificationError as error:
        sys.stderr.write(f"Nothing was measured: {error}\n")
        return 1
    report.write_files(results, plan.output)
    sys.stdout.write(f"\n{render_short(results)}\n\nAll results: {plan.output}\n")
    return 0 if results.is_passed() else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
