"""What is compared: the same code and requests, by different ways to the database. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from config.database.policy import WEB

GET: Final = "GET /api/profile"
PATCH: Final = "PATCH /api/tour"
BODIES: Final = {GET: "", PATCH: '{"tour": true}'}

# Served as the site is, behind HAProxy; the others are stock gunicorn by itself.
OURS: Final = ("a", "a-direct", "e")

SHIPPED: Final = {GET: "/api/profile", PATCH: "/api/tour"}


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One line of the table. `paths` has the address by which it answers each request, and
    `server` the variant whose gunicorn does, if one does."""

    key: str
    name: str
    paths: Mapping[str, str]
    server: str = ""
    is_reference: bool = False
    most_clients: int | None = None

    def takes(self, request: str, clients: int) -> bool:
        few_enough = self.most_clients is None or clients <= self.most_clients
        return request in self.paths and few_enough


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
            # The rest of PgBouncer's client connections belongs to (a), which is kept running.
            most_clients=WEB.max_client_conn // 2,
        ),
    )
}

MEANINGS: Final = {
    "a": "as `deploy/up` serves it, behind HAProxy",
    "a-direct": "the same code and backend, straight on PostgreSQL",
    "b": "Django's backend, sessions and middleware, `CONN_MAX_AGE=0`",
    "c": "the same with `CONN_MAX_AGE=600` and `CONN_HEALTH_CHECKS`",
    "d": "the same with psycopg's pool in each process, up to a connection for each thread",
    "e": "the profile's JSON from a constant, by the same middleware and API",
    "e-healthz": "two letters by the same middleware",
    "f": "the session's statement alone, through the same PgBouncer",
}
