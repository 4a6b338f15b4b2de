"""The compared variants: the same code with different database connections. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from config.database.policy import WEB

GET: Final = "GET /api/profile"
PATCH: Final = "PATCH /api/tour"
BODIES: Final = {GET: "", PATCH: '{"tour": true}'}

# Behind HAProxy, like the site; the others use gunicorn alone.
OURS: Final = ("a", "a-direct", "e")

SHIPPED: Final = {GET: "/api/profile", PATCH: "/api/tour"}


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A line of the table.

    `paths` maps each request to its path. `server` is the variant whose gunicorn responds.
    """

    key: str
    name: str
    paths: Mapping[str, str]
    server: str = ""
    is_reference: bool = False
    max_clients: int | None = None

    def supports(self, request: str, clients: int) -> bool:
        is_within_limit = self.max_clients is None or clients <= self.max_clients
        return request in self.paths and is_within_limit


VARIANTS: Final = {
    variant.key: variant
    for variant in (
        Variant(key="a", name="this project", paths=SHIPPED, server="a"),
        Variant(key="a-direct", name="same code, direct", paths=SHIPPED, server="a-direct"),
        Variant(key="b", name="stock, new connections", paths=SHIPPED, server="b"),
        Variant(key="c", name="stock, persistent", paths=SHIPPED, server="c"),
        Variant(key="d", name="stock, Django's pool", paths=SHIPPED, server="d"),
        Variant(
            key="e",
            name="no database",
            paths={GET: "/api/constant", PATCH: "/api/constant"},
            server="e",
        ),
        Variant(
            key="e-healthz",
            name="/healthz",
            paths={GET: "/healthz"},
            server="e",
            is_reference=True,
        ),
        Variant(
            key="f",
            name="pgbench",
            paths={GET: ""},
            is_reference=True,
            # (a) keeps running and needs the rest of PgBouncer's client connections.
            max_clients=WEB.max_client_conn // 2,
        ),
    )
}

MEANINGS: Final = {
    "a": "as `deploy/up` serves it, behind HAProxy",
    "a-direct": "the same code and backend, connected directly to PostgreSQL",
    "b": "Django's backend, sessions and middleware, `CONN_MAX_AGE=0`",
    "c": "the same with `CONN_MAX_AGE=600` and `CONN_HEALTH_CHECKS`",
    "d": "the same with psycopg's pool in each process, up to one connection per thread",
    "e": "the profile's JSON as a constant, with the same middleware and API",
    "e-healthz": "a two-letter response through the same middleware",
    "f": "the session's statement alone, through the same PgBouncer",
}
