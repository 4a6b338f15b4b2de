"""Overrides of the site's settings, for the variants that are the site itself. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from config.database.render.django import render_database

Settings = dict[str, Any]


def use_direct(site: Settings) -> Settings:
    """Use the site's backend without PgBouncer, with the same number of threads."""
    pool, server = site["POOLS"]["web"], site["POSTGRES"]["web"]
    entry = render_database(pool, server, pooling="direct", pgbouncer_host="")
    return {"DATABASES": site["DATABASES"] | {"default": entry}}


def use_constant(_: Settings) -> Settings:
    return {"ROOT_URLCONF": "bench.urls"}


OVERRIDES: Final[dict[str, Callable[[Settings], Settings]]] = {
    "direct": use_direct,
    "constant": use_constant,
}
