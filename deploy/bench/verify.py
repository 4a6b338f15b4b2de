"""Verify that each variant does the work that is measured: its responses, statements and rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bench import postgres
from bench.servers import Server
from bench.variants import BODIES, GET, LOOKUP, PATCH, VARIANTS

SAMPLE_SIZE: Final = 20  # requests of each kind whose statements are read

Bodies = dict[tuple[str, str], list[str]]


class VerificationError(RuntimeError):
    """A variant does not do the work that its line in the table claims."""


def verify_responses(servers: Mapping[str, Server], cookies: Sequence[str]) -> Bodies:
    """Return each variant's right responses to the users, by its key and the request."""
    expected = {request: ask(servers["site"], request, cookies) for request in BODIES}
    check_profiles(expected[GET])
    found = {}
    for key, server in servers.items():
        for request in VARIANTS[key].paths:
            bodies = ask(server, request, cookies)
            own = expected[request]
            compare(key, request, bodies, own[:1] * len(own) if key == "constant" else own)
            found[key, request] = bodies
    return found


def ask(server: Server, request: str, cookies: Iterable[str]) -> list[str]:
    answers = [server.ask(request, VARIANTS[server.key].paths[request], each) for each in cookies]
    for status, body in answers:
        if status != 200:
            raise VerificationError(f"{server.key!r} answers {request} with {status}: {body}")
    return [body for _, body in answers]


def check_profiles(bodies: Sequence[str]) -> None:
    emails = [json.loads(body)["email"] for body in bodies]
    if emails != [f"user-{number}@example.org" for number in range(len(bodies))]:
        raise VerificationError(f"the site answers {GET} with the profiles of {emails[:3]} ...")


def compare(key: str, request: str, bodies: Sequence[str], expected: Sequence[str]) -> None:
    for body, right in zip(bodies, expected, strict=True):
        if json.loads(body) != json.loads(right):
            raise VerificationError(f"{key!r} answers {request} with {body} instead of {right}")


def verify_statements(
    servers: Mapping[str, Server], cookies: Sequence[str]
) -> tuple[dict[str, dict[str, int]], str]:
    """Return the number of statements of each request by variant, and one of the session's."""
    counts: dict[str, dict[str, int]] = {}
    with postgres.log_statements():
        for key, server in servers.items():
            for request, patterns in VARIANTS[key].statements.items():
                found = sample_statements(server, request, cookies[:SAMPLE_SIZE])
                check_statements(f"{key!r} for {request}", found, patterns, SAMPLE_SIZE)
                counts.setdefault(key, {})[request] = len(found) // SAMPLE_SIZE
        session = sample_statements(servers["site"], GET, cookies[:1])
    check_session_statement(session)
    return counts, session[0]


def sample_statements(server: Server, request: str, cookies: Sequence[str]) -> list[str]:
    """Return the statements of a request by each user; a PATCH must have stored the answers."""
    ask(server, request, cookies[:1])  # PgBouncer may have closed all its idle connections
    postgres.clear_answers()
    log = postgres.Log()
    ask(server, request, cookies)
    found = log.read_statements(server.role)
    if request == PATCH and (stored := postgres.count_answers()) != len(cookies):
        raise VerificationError(f"{server.key!r} stored {stored} of {len(cookies)} answers")
    return found


def check_statements(what: str, found: Sequence[str], patterns: Sequence[str], times: int) -> None:
    """Raise VerificationError unless each pattern begins `times` statements, and no other ran."""
    for pattern in patterns:
        count = sum(1 for each in found if re.match(pattern, each))
        if count != times:
            raise VerificationError(f"{what} ran {pattern!r} {count} times in {times} requests")
    others = [each for each in found if not any(re.match(one, each) for one in patterns)]
    if others:
        raise VerificationError(f"{what} ran a statement that is not expected: {others[0]}")


def check_session_statement(found: Sequence[str]) -> None:
    """Raise VerificationError unless it is one statement, which returns the first user."""
    check_statements("the first user", found, [LOOKUP], 1)
    with postgres.connect_as_superuser() as connection:
        rows: list[Any] = connection.execute(found[0].encode()).fetchall()
    if len(rows) != 1 or "user-0@example.org" not in rows[0]:
        raise VerificationError(f"the session's statement returns {rows} instead of the first user")
