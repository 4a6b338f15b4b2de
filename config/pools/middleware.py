"""Serve the page of the pools through the jobs pool, since the web pool may be full or paused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.requests import HtmxRequest
from config.database.backend.base import DatabaseWrapper
from config.database.monitor.status import PoolStatus, list_pools

POOLS_PATH: Final = "/admin/pools/"
# Seconds for all statements of a request. A button's has to outlast the pause before its entry in
# the history.
PAGE_TIMEOUT: Final = 1.5
BUTTON_TIMEOUT: Final = 10
# Seconds. A queue whose first client has waited longer does not move.
MAX_WAIT: Final = 1.0
# Seconds for a console that does not answer.
CONSOLE_TIMEOUT: Final = 2

# The status of each pool, and the errors of those without, by the pool's name.
Consoles = tuple[dict[str, PoolStatus | None], dict[str, str]]


class PoolsRequest(HtmxRequest):
    consoles: Consoles
    renders_in_outage: bool
    is_user_unknown: bool


def use_jobs_pool(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(POOLS_PATH):
            return get_response(request)
        vars(request).update(pool="jobs")
        is_page = request.path == POOLS_PATH and request.method == "GET"
        if is_page and settings.SESSION_COOKIE_NAME in request.COOKIES:
            prepare(cast("PoolsRequest", request))
        seconds = PAGE_TIMEOUT if is_page else BUTTON_TIMEOUT
        with point_default_at_jobs() as connection, connection.limit_time(seconds):
            return get_response(request)

    return middleware


def prepare(request: PoolsRequest) -> None:
    """Ask the jobs pool's console, and set what accounts.middleware needs to look the user up."""
    request.consoles = ask_consoles("jobs")
    request.renders_in_outage = True
    request.is_user_unknown = is_stuck(request.consoles[0].get("jobs"))


def ask_consoles(name: str) -> Consoles:
    if settings.DATABASE_POOLING == "direct":
        return {}, {}
    return list_pools({name: settings.POOLS[name]}, time_limit=CONSOLE_TIMEOUT)


def is_stuck(jobs: PoolStatus | None) -> bool:
    """Return whether a statement would only lengthen the queue, and stay there when it gave up."""
    return jobs is not None and (jobs.paused or jobs.longest_wait > MAX_WAIT)


@contextmanager
def point_default_at_jobs() -> Iterator[DatabaseWrapper]:
    """Point the alias `default` at the jobs pool in this thread; close the connection at the end.

    The jobs' PgBouncer allows fewer clients than there are threads.
    """
    web = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
    jobs = cast("DatabaseWrapper", connections["jobs"])
    jobs.alias, connections[DEFAULT_DB_ALIAS] = DEFAULT_DB_ALIAS, jobs
    jobs.reset_usage()
    try:
        yield jobs
    finally:
        jobs.close()
        # The access log reads the usage of the thread's usual connection.
        web.statements, web.waited = jobs.statements, jobs.waited
        jobs.alias, connections[DEFAULT_DB_ALIAS] = "jobs", web
