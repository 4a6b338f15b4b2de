"""The load test's program, against the site that the settings name: deploy/loadtest makes it."""

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
from load.caps import Activity, refusals
from load.jobs import Jobs
from load.people import Person
from load.report import Report, Row

ARRIVALS: Final = 2  # a second; each costs 0.4 s of a processor, most of it for the password
FINISHING: Final = 5  # seconds, for the requests that are under way at the end
UI_PORT: Final = 8089  # locust's own


def main() -> int:
    options, stop = arguments(), Event()
    del sys.argv[1:]  # locust's page would take them for its own
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, stop.set)
    environment = made_environment(options)
    catalogue.write(settings.VAR_DIR / "experts.json")
    jobs, activity = Jobs(settings.VAR_DIR / "experts.json"), Activity()
    jobs.run_once()
    with activity, jobs:
        (by_hand if options.ui else by_the_clock)(environment, options, stop)
        environment.runner.quit()
    was_cut_short = stop.is_set() and not options.ui
    report = made_report(environment, activity, jobs, was_cut_short=was_cut_short)
    say(str(report))
    return 1 if any(report.faults()) else 0


def arguments() -> Namespace:
    parser = ArgumentParser(prog="deploy/loadtest", allow_abbrev=False)
    parser.add_argument("--users", type=int, default=50, help="people at once (50)")
    parser.add_argument("--minutes", type=float, default=1, help="from when all have signed up (1)")
    parser.add_argument("--pause", type=float, default=3, help="seconds between two pages (3)")
    parser.add_argument("--ui", action="store_true", help="locust's page instead")
    return parser.parse_args()


def made_environment(options: Namespace) -> Any:
    """locust's, whose page shows these numbers to begin with."""
    Person.wait_time = between(options.pause / 3, options.pause * 5 / 3)
    shown = Namespace(
        num_users=options.users,
        spawn_rate=ARRIVALS,
        run_time=f"{options.minutes * 60:.0f}s",
        stats_history_enabled=False,
    )
    environment = Environment(
        user_classes=[Person],
        host=settings.SITE_URL,
        stop_timeout=FINISHING,
        parsed_options=shown,
    )
    environment.create_local_runner()
    return environment


def by_the_clock(environment: Any, options: Namespace, stop: Event) -> None:
    say(f"{options.users} people come, {ARRIVALS} a second, and stay for {options.minutes:g} min.")
    environment.runner.start(options.users, spawn_rate=ARRIVALS)
    gevent.wait([environment.runner.spawning_greenlet, stop], count=1)
    while Person.arriving and not stop.wait(0.1):
        pass
    stop.wait(options.minutes * 60)


def by_hand(environment: Any, options: Namespace, stop: Event) -> None:
    port = ui_port()
    page = environment.create_web_ui("127.0.0.1", port)
    gevent.spawn(stats_history, environment.runner)
    say(f"locust is at http://127.0.0.1:{port}; Ctrl-C ends everything.")
    stop.wait()
    page.stop()


def ui_port() -> int:
    """locust's usual port, or, where that is taken, a free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", UI_PORT))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def made_report(environment: Any, activity: Activity, jobs: Jobs, *, was_cut_short: bool) -> Report:
    stats, exceptions = environment.stats, environment.runner.exceptions.values()
    return Report(
        rows=[row(entry.name, entry) for entry in stats.entries.values()],
        total=row("all", stats.total),
        failures=[f"{e.occurrences} x {e.name}: {e.error}" for e in stats.errors.values()],
        complaints=[
            *(["it was interrupted"] if was_cut_short else []),
            *(f"{e['count']} x {e['msg']}" for e in exceptions),
            *jobs.complaints,
            *activity.complaints,
        ],
        jobs=jobs.runs,
        peaks=activity.peaks(),
        looks=activity.looks,
        refusals=refusals(settings.VAR_DIR / "log/postgres.log"),
    )


def row(name: str, entry: StatsEntry) -> Row:
    p50, p95, p99 = (entry.get_response_time_percentile(part) for part in (0.5, 0.95, 0.99))
    return Row(name, entry.num_requests, entry.num_failures, p50, p95, p99, entry.total_rps)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
