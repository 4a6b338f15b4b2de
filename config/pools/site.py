"""The admin site, with the page of the pools."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse

from config.lib import admin
from config.pools.models import VIEW_POOLS


class AdminSite(admin.AdminSite):
    def get_urls(self) -> list[Any]:
        from config.pools import views  # views need the site

        return [
            path("pools/", views.pools, name="pools"),
            path("pools/<str:pool>/pause/", views.pause, name="pools_pause"),
            path("pools/<str:pool>/resume/", views.resume, name="pools_resume"),
            path("pools/<str:pool>/reconnect/", views.reconnect, name="pools_reconnect"),
            *super().get_urls(),
        ]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Add the page of the pools to the index and the sidebar."""
        found: list[Any] = super().get_app_list(request, app_label)
        if app_label is None and request.user.has_perm(VIEW_POOLS):
            found.append(build_entry())
        return sorted(found, key=lambda app: app["name"].lower())


def build_entry() -> dict[str, Any]:
    """Return the page as Django's templates list an app with one model."""
    url = reverse("admin:pools")
    page = {
        "name": "Pools",
        "object_name": "Pools",
        "admin_url": url,
        "add_url": None,
        "view_only": True,
        "perms": {"add": False, "change": False, "delete": False, "view": True},
    }
    return {
        "name": "Database",
        "app_label": "pools",
        "app_url": url,
        "has_module_perms": True,
        "models": [page],
    }
