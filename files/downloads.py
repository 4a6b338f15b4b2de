"""How what is stored gets back to its owner, whom the caller has made sure of."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

from files import objects
from files.models import File

# Whatever a browser makes of it, it runs nothing and asks nobody.
SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
# A signed address is a key to the file for as long as it lives.
NO_STORE: Final = {"Cache-Control": "private, no-store"}
# Kept, but shown only while the site still says so: never after the person has signed out.
REVALIDATE: Final = {"Cache-Control": "private, no-cache"}


def serve_attachment(file: File) -> HttpResponseBase:
    """The file to be saved under its name: from the folder, or by a signed address.

    Raises Http404 if it is missing in storage, which is logged, and StorageError.
    """
    if address := _sign_url(file):
        return HttpResponseRedirect(address, headers=NO_STORE)
    return FileResponse(
        _open_or_404(file.object_id),
        as_attachment=True,
        filename=file.name,
        content_type=_get_content_type(file),
        headers=SAFE_HEADERS | NO_STORE,
    )


def serve_webp(request: HttpRequest, key: str) -> HttpResponseBase:
    """An image that we have encoded ourselves, to be shown; its key never means another, so that
    a browser that has it still is told so without a look into storage."""
    etag = quote_etag(key)
    headers = SAFE_HEADERS | REVALIDATE | {"ETag": etag}
    if get_conditional_response(request, etag) is not None:
        return HttpResponseNotModified(headers=headers)
    with _open_or_404(key) as image:
        return HttpResponse(image.read(), content_type="image/webp", headers=headers)


def _sign_url(file: File) -> str | None:
    """Where the browser gets it from the bucket itself; None if the site is to send it."""
    signed = getattr(default_storage, "sign_url", None)
    if signed is None or settings.S3_DOWNLOADS != "signed":
        return None
    if not objects.is_stored(file.object_id):
        raise Http404
    disposition = content_disposition_header(True, file.name)
    address: str = signed(
        file.object_id, disposition=disposition, content_type=_get_content_type(file)
    )
    return address


def _open_or_404(key: str) -> objects.StoredFile:
    try:
        return objects.open_object(key)
    except FileNotFoundError:
        raise Http404 from None


def _get_content_type(file: File) -> str:
    is_text = file.content_type.startswith("text/")
    return f"{file.content_type}; charset=utf-8" if is_text else file.content_type
