"""The list of files, and the actions on them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import HtmxRequest, SignedInRequest, post_or_redirect
from config.lib.error_responses import refuse
from config.lib.local_formats import local_number
from config.lib.request_bodies import accept_uploads
from config.observe.events import Refusal
from files import downloads, quota, trash
from files.forms import UploadForm
from files.listing import Listing, build_context
from files.models import TRASH_PERIOD, File
from files.objects import StorageError

View = Callable[..., HttpResponse]
FileView = Callable[[HtmxRequest, File], HttpResponse]


def get_list_url(request: HttpRequest) -> str:
    return Listing.from_query(request.GET).url


def own_file_required(view: FileView) -> View:
    """Pass the user's file to the view; if it does not exist, show the list with status 404."""

    @wraps(view)
    def wrapped(request: HtmxRequest, pk: UUID) -> HttpResponse:
        if file := request.user.files.filter(pk=pk).first():
            return view(request, file)
        messages.info(request, "This file no longer exists.")
        return _render_list(request, UploadForm(), status=404)

    return wrapped


@require_safe
@never_cache
@vary_on_headers("HX-Request")
@login_required
def file_list(request: HtmxRequest) -> HttpResponse:
    return _render_list(request, UploadForm())


def render_too_large(request: HtmxRequest, message: str) -> HttpResponse:
    messages.error(request, f"{message} Nothing was uploaded.")
    return _render_list(request, UploadForm(), status=413)


@accept_uploads(quota.check_any_space, render_too_large)
@post_or_redirect(get_list_url)
@login_required
def upload(request: HtmxRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    files = form.save(request.user) if form.is_valid() else []
    if files:
        names = f"“{files[0]}”" if len(files) == 1 else f"{len(files)} files"
        messages.success(request, f"{names} uploaded.")
    if form.storage_error:
        return refuse(_render_list(request, form, status=503), Refusal.STORAGE)
    if form.errors:
        return _render_list(request, form, status=422)
    return redirect(Listing.from_query(request.GET).url)


@require_safe
@login_required
def download(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    file = get_object_or_404(request.user.files.present(), pk=pk)
    try:
        return downloads.serve_attachment(file)
    except StorageError as error:
        messages.error(request, f"“{file}”: {error}")
        return redirect(Listing.from_query(request.GET).url)


@require_safe
@login_required
def preview(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    file = get_object_or_404(request.user.files.exclude(thumbnail=None), pk=pk)
    try:
        return downloads.serve_webp(request, str(file.thumbnail_id))
    except StorageError:
        return refuse(HttpResponse(status=503), Refusal.STORAGE)


@post_or_redirect(get_list_url)
@login_required
@own_file_required
def delete(request: HtmxRequest, file: File) -> HttpResponse:
    trashed = request.user.files.filter(pk=file.pk).trash()
    if request.htmx:
        return _render_row(request, file, "files/file_deleted.html")
    if trashed:
        messages.success(
            request, f"“{file}” deleted. You can restore it for {TRASH_PERIOD.days} days."
        )
    else:
        messages.info(request, f"“{file}” was already deleted.")
    return redirect(Listing.from_query(request.GET).url)


@post_or_redirect(get_list_url)
@login_required
@own_file_required
def restore(request: HtmxRequest, file: File) -> HttpResponse:
    restored = request.user.files.filter(pk=file.pk).restore()
    if request.htmx and restored:
        return _render_row(request, file, "files/file_restored.html")
    if restored:
        messages.success(request, f"“{file}” restored.")
    elif file.is_deleted:
        messages.error(request, f"“{file}” was deleted more than {TRASH_PERIOD.days} days ago.")
    else:
        messages.info(request, f"“{file}” was already restored.")
    return redirect(Listing.from_query(request.GET).url)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@own_file_required
def delete_for_good(request: HtmxRequest, file: File) -> HttpResponse:
    listing = Listing.from_query(request.GET)
    if file.is_deleted and request.method == "GET":
        return render(request, "files/file_delete.html", {"file": file, "listing": listing})
    deleted = request.user.files.filter(pk=file.pk).exclude(deleted_at=None)
    if file.is_deleted and trash.delete_for_good(deleted):
        messages.success(request, f"“{file}” deleted for good.")
    else:
        messages.info(request, f"“{file}” was not deleted, because it\u2019s in use.")
    return redirect(listing.url)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def empty_trash(request: SignedInRequest) -> HttpResponse:
    files, listing = request.user.files.deleted(), Listing(deleted=True)
    if request.method == "GET":
        context = {"count": files.count(), "listing": listing}
        return render(request, "files/trash_empty.html", context)
    if count := trash.delete_for_good(files):
        files_deleted = "1 file" if count == 1 else f"{local_number(count)} files"
        messages.success(request, f"{files_deleted} deleted for good.")
    else:
        messages.info(request, "The trash is already empty.")
    return redirect(listing.url)


def _render_row(request: HtmxRequest, file: File, template: str) -> HttpResponse:
    """Return only the row and the totals, so that htmx keeps the rest of the page."""
    listing = Listing.from_query(request.GET)
    context = {"file": file, "row": True, "part": True, **_build_quota_context()}
    return render(request, template, context | build_context(request.user, listing))


def _build_quota_context() -> dict[str, int]:
    return {"quota": settings.FILE_QUOTA, "nearly_full": settings.FILE_QUOTA * 9 // 10}


def _render_list(request: HtmxRequest, form: UploadForm, *, status: int = 200) -> HttpResponse:
    listing = Listing.from_query(request.GET)
    is_partial = request.htmx and not request.htmx.history_restore_request
    template = "files/file_results.html" if is_partial else "files/file_list.html"
    context = {
        "form": form,
        "part": is_partial,
        "max_size": settings.FILE_MAX_SIZE,
        **_build_quota_context(),
        "days": TRASH_PERIOD.days,
    }
    return render(request, template, context | build_context(request.user, listing), status=status)
