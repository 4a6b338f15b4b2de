"""Responses that serve stored files; the caller has checked that the user owns them."""

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

# Browsers neither run the content nor load anything for it.
SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
# A signed URL gives access to the file as long as it is valid.
NO_STORE: Final = {"Cache-Control": "private, no-store"}
# Cached, but revalidated each time, so that it is not shown after signing out.
REVALIDATE: Final = {"Cache-Control": "private, no-cache"}


def serve_attachment(file: File) -> HttpResponseBase:
    """Serve the file for download under its name, from the folder or by a signed URL.

    Raises Http404 if the object is missing, which is logged, and StorageError.
    """
    if url := _sign_url(file):
        return HttpResponseRedirect(url, headers=NO_STORE)
    return FileResponse(
        _open_or_404(file.object_id),
        as_attachment=True,
        filename=file.name,
        content_type=_get_content_type(file),
        headers=SAFE_HEADERS | NO_STORE,
    )


def serve_webp(request: HttpRequest, key: str) -> HttpResponseBase:
    """Serve an image that this site has encoded.

    A key never gets other content, so that a cached image is revalidated without storage.
    """
    etag = quote_etag(key)
    headers = SAFE_HEADERS | REVALIDATE | {"ETag": etag}
    if get_conditional_response(request, etag) is not None:
        return HttpResponseNotModified(headers=headers)
    with _open_or_404(key) as image:
        return HttpResponse(image.read(), content_type="image/webp", headers=headers)


def _sign_url(file: File) -> str | None:
    sign_url = getattr(default_storage, "sign_url", None)
    if sign_url is None or settings.S3_DOWNLOADS != "signed":
        return None
    if not objects.is_stored(file.object_id):
        raise Http404
    disposition = content_disposition_header(True, file.name)
    url: str = sign_url(
        file.object_id, disposition=disposition, content_type=_get_content_type(file)
    )
    return url


def _open_or_404(key: str) -> objects.StoredFile:
    try:
        return objects.open_object(key)
    except FileNotFoundError:
        raise Http404 from None


def _get_content_type(file: File) -> str:
    is_text = file.content_type.startswith("text/")
    return f"{file.content_type}; charset=utf-8" if is_text else file.content_type
