"""Health checks for load balancers and monitoring."""

from __future__ import annotations

import logging
from typing import cast

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.database.backend.base import DatabaseWrapper
from config.database.errors import explain
from config.database.policy import PROBE_WAIT
from config.lib.error_responses import RETRY

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 while the process runs; depends on nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 if a statement succeeds through the pool within PROBE_WAIT, else 503."""
    try:
        cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS]).probe(PROBE_WAIT)
    except Error as error:
        logger.warning("not ready: %s", explain(error))
        return HttpResponse(
            "database unavailable\n", content_type="text/plain", status=503, headers=RETRY
        )
    return HttpResponse("ready\n", content_type="text/plain")
