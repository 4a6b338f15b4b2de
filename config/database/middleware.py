"""What a request may ask of the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.database.backend.base import DatabaseWrapper


def wait_once(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Have a request wait for the database once: what it does after a failure, as to tidy up,
    would else queue again, and the person with it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS]).waiting_once():
            return get_response(request)

    return middleware
