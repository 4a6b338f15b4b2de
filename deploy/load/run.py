"""Run the load test against the site in the settings, which deploy/loadtest creates."""

from __future__ import annotations

import os
import signal
import socket
import sys
from argparse import ArgumentParser, Namespace
from typing import Any, Final

import gevent
from gevent.event import Event
from locust import between
from locust.env import Environment
from locust.stats import StatsEntry, stats_history

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from load import catalogue
from load.caps import Activity, count_refused
from load.jobs import Jobs
from load.report import Report, Row
from load.users import SiteUser

ARRIVALS: Final = 2  # per second; each sign-up takes 0.4 s of CPU, mostly for the password
FINISHING: Final = 5  # seconds for running requests at the end
UI_PORT: Final = 8089  # locust's default


def main() -> int:
    options, stop = parse_arguments(), Event()
    del sys.argv[1:]  # otherwise locust would parse them, too
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, stop.set)
    environment = build_environment(options)
    catalogue.write(settings.VAR_DIR / "experts.json")
    jobs, activity = Jobs(settings.VAR_DIR / "experts.json"), Activity()
    jobs.run_once()
    with activity, jobs:
        (run_with_ui if options.ui else run_timed)(environment, options, stop)
        environment.runner.quit()
    was_interrupted = stop.is_set() and not options.ui
    report = build_report(environment, activity, jobs, was_interrupted=was_interrupted)
    write_line(str(report))
    return 1 if any(report.list_faults()) else 0


def parse_arguments() -> Namespace:
    parser = ArgumentParser(prog="deploy/loadtest", allow_abbrev=False)
    parser.add_argument("--users", type=int, default=50, help="number of users (50)")
    parser.add_argument("--minutes", type=float, default=1, help="after all have signed up (1)")
    parser.add_argument("--pause", type=float, default=3, help="seconds between two pages (3)")
    parser.add_argument("--ui", action="store_true", help="open locust's page instead")
    return parser.parse_args()


def build_environment(options: Namespace) -> Any:
    """Build locust's environment; its page shows these numbers initially."""
    SiteUser.wait_time = between(options.pause / 3, options.pause * 5 / 3)
    defaults = Namespace(
        num_users=options.users,
        spawn_rate=ARRIVALS,
        run_time=f"{options.minutes * 60:.0f}s",
        stats_history_enabled=False,
    )
    environment = Environment(
        user_classes=[SiteUser],
        host=settings.SITE_URL,
        stop_timeout=FINISHING,
        parsed_options=defaults,
    )
    environment.create_local_runner()
    return environment


def run_timed(environment: Any, options: Namespace, stop: Event) -> None:
    duration = f"{options.minutes:g} min"
    write_line(f"{options.users} users arrive, {ARRIVALS} per second, and stay for {duration}.")
    environment.runner.start(options.users, spawn_rate=ARRIVALS)
    gevent.wait([environment.runner.spawning_greenlet, stop], count=1)
    while SiteUser.arriving and not stop.wait(0.1):
        pass
    stop.wait(options.minutes * 60)


def run_with_ui(environment: Any, options: Namespace, stop: Event) -> None:
    port = find_ui_port()
    page = environment.create_web_ui("127.0.0.1", port)
    gevent.spawn(stats_history, environment.runner)
    write_line(f"locust is at http://127.0.0.1:{port}; Ctrl-C stops everything.")
    stop.wait()
    page.stop()


def find_ui_port() -> int:
    """Return locust's default port, or a free one if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", UI_PORT))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def build_report(
    environment: Any, activity: Activity, jobs: Jobs, *, was_interrupted: bool
) -> Report:
    stats, exceptions = environment.stats, environment.runner.exceptions.values()
    return Report(
        rows=[build_row(entry.name, entry) for entry in stats.entries.values()],
        total=build_row("all", stats.total),
        failures=[f"{e.occurrences} x {e.name}: {e.error}" for e in stats.errors.values()],
        errors=[
            *(["the run was interrupted"] if was_interrupted else []),
            *(f"{e['count']} x {e['msg']}" for e in exceptions),
            *jobs.errors,
            *activity.errors,
        ],
        jobs=jobs.runs,
        peaks=activity.get_peaks(),
        samples=activity.samples,
        refused=count_refused(settings.VAR_DIR / "log/postgres.log"),
    )


def build_row(name: str, entry: StatsEntry) -> Row:
    p50, p95, p99 = (entry.get_response_time_percentile(part) for part in (0.5, 0.95, 0.99))
    return Row(name, entry.num_requests, entry.num_failures, p50, p95, p99, entry.total_rps)


def write_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
