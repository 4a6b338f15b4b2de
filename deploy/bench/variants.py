"""The compared variants and the statements that each must run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

GET: Final = "GET /api/profile"
PATCH: Final = "PATCH /api/tour"
BODIES: Final = {GET: "", PATCH: '{"tour": true}'}
PATHS: Final = {GET: "/api/profile", PATCH: "/api/tour"}

# How the statements begin in PostgreSQL's log.
LOOKUP: Final = r"SELECT \* FROM public\.lookup_accounts_session_\w+\('"
OURS: Final = {GET: (LOOKUP,), PATCH: (LOOKUP, 'INSERT INTO "tours_tour" .* ON CONFLICT ')}

SESSION: Final = 'SELECT .* FROM "django_session" WHERE '
USER: Final = 'SELECT .* FROM "accounts_user" WHERE '
PROFILE: Final = 'SELECT .* FROM "profiles_profile" WHERE '
PREFERENCES: Final = 'SELECT .* FROM "onboarding_preferences" WHERE '
TOUR: Final = 'SELECT .* FROM "tours_tour" WHERE '
ANSWER: Final = 'UPDATE "tours_tour" SET "answered" = '
STOCK: Final = {GET: (SESSION, USER, PROFILE, PREFERENCES), PATCH: (SESSION, USER, TOUR, ANSWER)}
# Of the pool: an empty statement checks a connection each time it is taken.
TAKEN: Final = "$"
ASYNC: Final = {
    GET: (TAKEN, SESSION, USER, "SELECT bio, .* FROM profiles_profile JOIN "),
    PATCH: (TAKEN, SESSION, USER, "UPDATE tours_tour SET answered = "),
}


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A line of the table; `is_target`: a target compares this project with it."""

    key: str
    name: str
    meaning: str
    paths: Mapping[str, str] = field(default_factory=lambda: PATHS)
    statements: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_target: bool = False


def check_first(check: str) -> dict[str, tuple[str, ...]]:
    return {request: (check, *statements) for request, statements in STOCK.items()}


VARIANTS: Final = {
    variant.key: variant
    for variant in (
        Variant(
            key="site",
            name="this project",
            meaning="as `deploy/up` serves it, behind HAProxy",
            statements=OURS,
        ),
        Variant(
            key="direct",
            name="the same, direct",
            meaning="the same without PgBouncer",
            statements=OURS,
            is_target=True,
        ),
        Variant(
            key="constant",
            name="no database",
            meaning="the same, and the profile's JSON is a constant",
            paths={GET: "/api/constant"},
            statements={GET: ()},
            is_target=True,
        ),
        Variant(
            key="persistent",
            name="stock, persistent",
            meaning="`CONN_MAX_AGE=600` and `CONN_HEALTH_CHECKS`",
            statements=check_first("SELECT 1$"),
            is_target=True,
        ),
        Variant(
            key="unchecked",
            name="stock, unchecked",
            meaning="`CONN_MAX_AGE=600` without health checks",
            statements=STOCK,
        ),
        Variant(
            key="new",
            name="stock, new connections",
            meaning="`CONN_MAX_AGE=0`",
            statements=STOCK,
        ),
        Variant(
            key="pool",
            name="stock, Django's pool",
            meaning="psycopg's pool in each process, of up to a connection per thread, with checks",
            statements=check_first(TAKEN),
        ),
        Variant(
            key="pgbouncer-new",
            name="stock, PgBouncer, new connections",
            meaning="PgBouncer's transaction mode and defaults, `CONN_MAX_AGE=0`",
            statements=STOCK,
        ),
        Variant(
            key="pgbouncer",
            name="stock, PgBouncer, persistent",
            meaning="the same with `CONN_MAX_AGE=600`",
            statements=STOCK,
        ),
        Variant(
            key="asgi",
            name="stock, ASGI",
            meaning="uvicorn; the session and the user by Django's pool, the rest by psycopg's "
            "`AsyncConnectionPool`",
            statements=ASYNC,
        ),
        Variant(
            key="statement",
            name="pgbench",
            meaning="the session's statement alone, through the site's PgBouncer",
            paths={GET: ""},
        ),
    )
}
# The variants with a server of their own.
SERVERS: Final = [key for key in VARIANTS if key != "statement"]
