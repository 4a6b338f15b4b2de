"""What each variant has in place of the site's settings. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from config.database.render.django import render_database

Settings = dict[str, Any]

PERSISTENT: Final = 600  # seconds: longer than any turn
# The site's own way to a session's person, and to its own backend, which Django's has not.
STOCK_MIDDLEWARE: Final = {
    "accounts.middleware.AuthenticationMiddleware": (
        "django.contrib.auth.middleware.AuthenticationMiddleware"
    ),
    "config.database.middleware.limit_wait": None,
}


def direct(site: Settings) -> Settings:
    """The site's own connections without PgBouncer, by as many threads as with it."""
    pool, server = site["POOLS"]["web"], site["POSTGRES"]["web"]
    entry = render_database(pool, server, pooling="direct", pgbouncer_host="")
    return {"DATABASES": site["DATABASES"] | {"default": entry}}


def stock(site: Settings, **connection: Any) -> Settings:
    """Django's own backend, sessions and middleware, with these settings of the connection."""
    server = site["POSTGRES"]["web"]
    entry = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": server.dbname,
        "USER": server.user,
        "PASSWORD": server.password,
        "HOST": server.host,
        "PORT": str(server.port),
        **connection,
    }
    middleware = [STOCK_MIDDLEWARE.get(it, it) for it in site["MIDDLEWARE"]]
    return {
        "DATABASES": site["DATABASES"] | {"default": entry},
        "INSTALLED_APPS": [*site["INSTALLED_APPS"], "django.contrib.sessions"],
        "SESSION_ENGINE": "django.contrib.sessions.backends.db",
        "MIDDLEWARE": [it for it in middleware if it],
    }


def pooled(site: Settings) -> Settings:
    """Django's pool, in which each thread of a process can have a connection."""
    pool = {"min_size": 2, "max_size": site["WEB_THREADS"]}
    return stock(site, CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=True, OPTIONS={"pool": pool})


def constant(_: Settings) -> Settings:
    return {"ROOT_URLCONF": "bench.urls"}


OVERRIDES: Final[dict[str, Callable[[Settings], Settings]]] = {
    "a-direct": direct,
    "b": partial(stock, CONN_MAX_AGE=0),
    "c": partial(stock, CONN_MAX_AGE=PERSISTENT, CONN_HEALTH_CHECKS=True),
    "d": pooled,
    "e": constant,
}
