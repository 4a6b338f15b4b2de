from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.middleware import UnknownUser
from config.database.errors import explain
from config.database.monitor.console import ConsoleError
from config.lib import security_log
from config.lib.error_responses import busy_page
from config.observe.events import Refusal
from config.pools.access import PASS_AGE, has_pass, remove_pass, set_pass
from config.pools.actions import ACTIONS, PAUSE, RECONNECT, RESUME, Action
from config.pools.middleware import PoolsRequest
from config.pools.models import VIEW_POOLS, PoolAction
from config.pools.page import build_context

View = Callable[..., HttpResponse]


@require_safe
@never_cache
def pools(request: PoolsRequest) -> HttpResponse:
    """Show the pools; in an outage, to browsers that saw them shortly before."""
    if isinstance(request.user, UnknownUser):
        return show_in_outage(request)
    response: HttpResponse = admin.site.admin_view(show)(request)
    if response.status_code != 200:
        remove_pass(request, response)
    return response


def show(request: PoolsRequest) -> HttpResponse:
    if not request.user.has_perm(VIEW_POOLS):
        return render(request, "403.html", status=403)
    buttons = list_buttons() if request.user.is_superuser else []
    response = render_page(request, admin.site.each_context(request) | {"buttons": buttons})
    set_pass(request, response)
    return response


def show_in_outage(request: PoolsRequest) -> HttpResponse:
    if not has_pass(request):
        return busy_page("503_database.html", refusal=Refusal.DATABASE)
    return render_page(request, {"outage": True, "pass_minutes": PASS_AGE // 60})


def render_page(request: PoolsRequest, context: dict[str, Any]) -> HttpResponse:
    figures = build_context(request)
    template = "pools/figures.html" if request.htmx else "pools/pools.html"
    return render(request, template, context | figures | {"title": "Pools"})


def list_buttons() -> list[dict[str, str]]:
    if settings.DATABASE_POOLING == "direct":
        return []
    return [
        {"label": f"{action.label} {pool}", "url": get_url(action, pool)}
        for pool in settings.POOLS
        for action in ACTIONS
        if pool in action.pools
    ]


def get_url(action: Action, pool: str) -> str:
    return reverse(f"admin:pools_{action.name}", args=[pool])


def superusers_only(view: View) -> View:
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return admin.site.admin_view(wrapper)


def make_button(action: Action) -> View:
    """Return the view of a button: GET asks for a confirmation, POST acts."""

    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: HttpRequest, pool: str) -> HttpResponse:
        if pool not in action.pools or settings.DATABASE_POOLING == "direct":
            raise Http404
        if request.method != "POST":
            return confirm(request, action, pool)
        act(request, action, pool)
        return HttpResponseRedirect(reverse("admin:pools"))

    return view


def confirm(request: HttpRequest, action: Action, pool: str) -> HttpResponse:
    title = f"{action.label} the {pool} pool?"
    context = admin.site.each_context(request) | {"title": title, "action": action, "pool": pool}
    return render(request, "pools/confirm.html", context)


def act(request: HttpRequest, action: Action, pool: str) -> None:
    """Write the action to the security log, run it, add it to the admin's history."""
    security_log.record(f"{action.name} of the {pool} pool", request, request.user)
    try:
        effect = action.run(settings.POOLS[pool])
    except ConsoleError as error:
        messages.error(request, str(error))
        return
    messages.success(request, f"{pool.capitalize()} pool: {effect}.")
    try:
        PoolAction.log(request.user, pool, action.done)
    except Error as error:
        # What was done stays done.
        messages.warning(request, f"This is missing in the history: {explain(error)}.")


pause, resume, reconnect = (
    superusers_only(make_button(action)) for action in (PAUSE, RESUME, RECONNECT)
)
