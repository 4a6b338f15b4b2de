"""Read what the last run of each job has recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from config.observe.catalogue import Reading
from config.observe.jobs import JOBS, read_run

FIELDS: Final = {
    "last_run": "ai4ceo_job_last_run_timestamp_seconds",
    "last_success": "ai4ceo_job_last_success_timestamp_seconds",
    "seconds": "ai4ceo_job_seconds",
    "success": "ai4ceo_job_success",
    "rows": "ai4ceo_job_rows",
}


def read_jobs() -> Iterator[Reading]:
    for job in JOBS:
        run = read_run(job)
        for field, name in FIELDS.items():
            value = run.get(field)
            if isinstance(value, int | float):
                yield Reading(name, (job,), value)
