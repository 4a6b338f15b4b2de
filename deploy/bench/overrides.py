"""Each variant's overrides of the site's settings. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from config.database.render.django import render_database

Settings = dict[str, Any]

PERSISTENT: Final = 600  # seconds; longer than any turn
# The site's own authentication and the middleware of its database backend.
STOCK_MIDDLEWARE: Final = {
    "accounts.middleware.AuthenticationMiddleware": (
        "django.contrib.auth.middleware.AuthenticationMiddleware"
    ),
    "config.database.middleware.limit_wait": None,
}


def use_direct(site: Settings) -> Settings:
    """Use the site's backend without PgBouncer, with the same number of threads."""
    pool, server = site["POOLS"]["web"], site["POSTGRES"]["web"]
    entry = render_database(pool, server, pooling="direct", pgbouncer_host="")
    return {"DATABASES": site["DATABASES"] | {"default": entry}}


def use_stock(site: Settings, **connection: Any) -> Settings:
    """Use Django's database backend, sessions and middleware."""
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
    middleware = [STOCK_MIDDLEWARE.get(name, name) for name in site["MIDDLEWARE"]]
    return {
        "DATABASES": site["DATABASES"] | {"default": entry},
        "INSTALLED_APPS": [*site["INSTALLED_APPS"], "django.contrib.sessions"],
        "SESSION_ENGINE": "django.contrib.sessions.backends.db",
        "MIDDLEWARE": [name for name in middleware if name],
    }


def use_django_pool(site: Settings) -> Settings:
    """Use Django's pool, with up to a connection per thread."""
    pool = {"min_size": 2, "max_size": site["WEB_THREADS"]}
    return use_stock(site, CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=True, OPTIONS={"pool": pool})


def use_constant(_: Settings) -> Settings:
    return {"ROOT_URLCONF": "bench.urls"}


OVERRIDES: Final[dict[str, Callable[[Settings], Settings]]] = {
    "a-direct": use_direct,
    "b": partial(use_stock, CONN_MAX_AGE=0),
    "c": partial(use_stock, CONN_MAX_AGE=PERSISTENT, CONN_HEALTH_CHECKS=True),
    "d": use_django_pool,
    "e": use_constant,
}
