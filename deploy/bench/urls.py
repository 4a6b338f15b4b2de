"""The site's URLs, and /api/constant, which responds without a database."""

from __future__ import annotations

import json
import os
from typing import Any, Final

from django.http import HttpRequest
from ninja import Router

from config.api import api
from profiles.api import ProfileOut

PROFILE: Final = ProfileOut(**json.loads(os.environ["BENCHMARK_PROFILE"])).dict(by_alias=False)

router = Router(by_alias=True)


@router.get("", response=ProfileOut, auth=None, summary="A profile")
def get_profile(request: HttpRequest) -> dict[str, Any]:
    return PROFILE


api.add_router("/constant", router)

# Imported last: config.urls builds the API's URLs, after which no router can be added.
from config.urls import handler400, handler404, handler500, urlpatterns  # noqa: E402, F401  see above; Django reads the names
