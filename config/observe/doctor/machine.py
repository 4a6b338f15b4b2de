"""This machine: HAProxy with its certificates, the disk, the jobs that cron runs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from typing import Final

from django.conf import settings

from config.observe import jobs
from config.observe.doctor.probe import Problem, parse_version
from config.observe.machine import read_certificates
from config.proxy import runtime

MIN_HAPROXY: Final = (2, 6)
DAY: Final = 86400
# The jobs that cron runs daily, and days until one is missed.
DAILY_JOBS: Final = ("clear_sessions", "clear_accounts", "purge_files")
LATE: Final = 2
# Days; certbot renews 30 days before the end.
FEW_DAYS: Final = 14
# Of the disk.
MIN_FREE: Final = 0.1

START: Final = (
    "Run `deploy/down`, then `deploy/up`; the end of var/log/haproxy.log says why HAProxy stopped."
)
UPGRADE: Final = "See Upgrade in docs/operations.md: HAProxy 2.6 or later."
RENEW: Final = "Run `certbot renew`, with deploy/certificate-hook as its deploy hook."
RUN_JOB: Final = "Run `manage.py {name}`, read what it says, and look at the crontab."
FREE: Final = "Run `du -xh --max-depth=2 {folder} | sort -h | tail` and remove what is not needed."


def find_haproxy_problems() -> Iterator[Problem]:
    """Ask HAProxy for its version and the certificates that it has loaded, not those on disk."""
    if not settings.HAPROXY:
        return
    folder, files = settings.PROXY.run_dir, settings.PROXY.tls_certificates
    try:
        version = read_version(folder)
        days = {file: read_certificates(folder, [file]) for file in files}
    except OSError as error:
        yield Problem(f"HAProxy does not answer on its socket in {folder}: {error}", START)
        return
    if parse_version(version) < MIN_HAPROXY:
        yield Problem(f"HAProxy {version} is too old", UPGRADE)
    for file, readings in days.items():
        yield from describe_certificate(file, [reading.value for reading in readings])


def read_version(folder: str) -> str:
    lines = runtime.ask(folder, "show info").splitlines()
    return next((line[9:] for line in lines if line.startswith("Version: ")), "")


def describe_certificate(file: str, days: Sequence[float]) -> Iterator[Problem]:
    """Yield a problem if the certificate ends soon; `days` are those left, if it is loaded."""
    if not days:
        yield Problem(f"HAProxy has not loaded the certificate {file}", START)
    elif days[0] < FEW_DAYS:
        when = f"ends in {days[0]:.0f} days" if days[0] > 0 else "has ended"
        yield Problem(f"the certificate {file} {when}", RENEW)


def find_disk_problems() -> Iterator[Problem]:
    folder = settings.VAR_DIR
    usage = shutil.disk_usage(folder)
    if usage.free < MIN_FREE * usage.total:
        share = f"{usage.free / usage.total:.0%} of the disk of {folder} is free"
        yield Problem(f"{share}: {usage.free // 1_000_000:,} MB", FREE.format(folder=folder))


def find_late_jobs() -> Iterator[Problem]:
    """Look at what the jobs recorded; one that has never run here may run elsewhere."""
    for name in DAILY_JOBS:
        run = jobs.read_run(name)
        days = (time.time() - run.get("last_success", 0)) / DAY
        if run and (days > LATE or not run.get("success")):
            failed = "" if run.get("success") else "; its last run failed"
            last = f"{days:.0f} days ago" if run.get("last_success") else "never"
            yield Problem(f"{name} succeeded {last}{failed}", RUN_JOB.format(name=name))
