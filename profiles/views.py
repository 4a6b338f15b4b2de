"""The profile, the avatar, the export and the deletion of the account."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import ReauthenticateForm
from accounts.models import LAST_ADMINISTRATOR
from accounts.requests import SignedInRequest, post_or_redirect
from config.lib.error_responses import refuse
from config.lib.request_bodies import accept_uploads
from config.observe.events import Refusal
from files.downloads import serve_webp
from files.objects import StorageError
from files.quota import USED_BYTES
from profiles import avatars, deletion
from profiles.export import Export
from profiles.forms import ProfileForm


def render_too_large(request: SignedInRequest, message: str) -> HttpResponse:
    messages.error(request, f"{message} Nothing was saved.")
    context = {"form": ProfileForm(request.user)}
    return render(request, "profiles/profile.html", context, status=413)


@accept_uploads(avatars.check_content_length, render_too_large)
@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def profile(request: SignedInRequest) -> HttpResponse:
    if request.method == "GET":
        return render(request, "profiles/profile.html", {"form": ProfileForm(request.user)})
    form = ProfileForm(request.user, request.POST, request.FILES)
    if not form.is_valid():
        status = 503 if form.storage_error else 422
        page = render(request, "profiles/profile.html", {"form": form}, status=status)
        return refuse(page, Refusal.STORAGE) if form.storage_error else page
    try:
        form.save()
    except StorageError as error:
        form.add_error("image", str(error))
        page = render(request, "profiles/profile.html", {"form": form}, status=503)
        return refuse(page, Refusal.STORAGE)
    messages.success(request, "Your profile is saved.")
    return redirect("profiles:profile")


@require_safe
@login_required
def avatar(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    key = avatars.find_key(request.user, pk)
    if key is None:
        raise Http404
    try:
        return serve_webp(request, key)
    except StorageError:
        return refuse(HttpResponse(status=503), Refusal.STORAGE)


@post_or_redirect("profiles:profile")
@login_required
def remove_avatar(request: SignedInRequest) -> HttpResponse:
    avatars.remove(request.user)
    messages.success(request, "Your avatar has been removed.")
    return redirect("profiles:profile")


@post_or_redirect("profiles:profile")
@never_cache
@login_required
def export(request: SignedInRequest) -> HttpResponseBase:
    name = f"ai4ceo-export-{timezone.localdate():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)}
    return StreamingHttpResponse(
        Export.for_user(request.user).stream_zip(), content_type="application/zip", headers=headers
    )


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
@never_cache
@login_required
def delete(request: SignedInRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = ReauthenticateForm(data, user=request.user)
    if form.is_valid():
        try:
            deletion.delete_account(request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            logout(request)
            messages.success(request, "Your account and all your data have been deleted.")
            return redirect("home")
    return _render_delete(request, form)


def _render_delete(request: SignedInRequest, form: ReauthenticateForm) -> HttpResponse:
    context = {
        "form": form,
        "files": request.user.files.aggregate(count=Count("pk"), used=USED_BYTES),
        "refusal": LAST_ADMINISTRATOR,
        "is_last_administrator": request.user.is_last_administrator(),
    }
    status = 422 if form.errors else 200
    return render(request, "profiles/profile_delete.html", context, status=status)
