"""API endpoints for the files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import ninja
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Query, Router, Status
from pydantic import Field

from accounts.requests import SignedInRequest
from config.lib.request_bodies import accept_uploads
from config.lib.schemas import Body, Digits, Parameters, Schema
from files import downloads, uploads
from files.file_types import KINDS
from files.models import File, FileQuerySet

router = Router(tags=["files"], by_alias=True)


class FileListParameters(Parameters):
    limit: Annotated[int, Field(ge=1, le=500), Digits] = 100
    offset: Annotated[int, Field(ge=0, le=1_000_000), Digits] = 0
    include_deleted: Literal["true", "false", "1", "0"] = "false"

    def select(self, files: FileQuerySet) -> FileQuerySet:
        selected = files.present()
        if self.include_deleted in ("true", "1"):
            selected |= files.deleted()
        return selected.order_by("-created_at", "id")[self.offset : self.offset + self.limit]


class FileOut(Schema):
    """`url` serves the file; a deleted file must be restored first."""

    id: UUID
    name: str
    url: str
    content_type: str
    size: int
    storage_path: str
    is_deleted: bool
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_url(file: File) -> str:
        return get_download_url(file)

    @staticmethod
    def resolve_storage_path(file: File) -> str:
        return file.object_id


class FilesOut(Schema):
    files: list[FileOut]


class Uploaded(Schema):
    id: UUID
    url: str
    pathname: str
    content_type: str
    size: int
    name: str

    @staticmethod
    def resolve_url(file: File) -> str:
        return get_download_url(file)

    @staticmethod
    def resolve_pathname(file: File) -> str:
        return file.object_id


class FileId(Body):
    # JSON has no UUIDs, only strings.
    id: Annotated[UUID, Field(strict=False)]


def get_download_url(file: File) -> str:
    return reverse("api:download_file", args=[file.pk])


def require_single_file(request: SignedInRequest, file: UploadedFile[bytes]) -> UploadedFile[bytes]:
    """Return the file. Raises ValidationError for other parts, which would be lost silently."""
    others = {*request.FILES, *request.POST} - {"file", "csrfmiddlewaretoken"}
    if others:
        raise ValidationError({name: ["This part is unknown."] for name in others})
    if len(request.FILES.getlist("file")) > 1:
        raise ValidationError({"file": ["Send one file at a time."]})
    return file


def update_or_404(
    request: SignedInRequest, pk: UUID, update: Callable[[FileQuerySet], int]
) -> File:
    """Apply the update to the user's file and return it. Raises Http404 if no row matched."""
    files = request.user.files.filter(pk=pk)
    if not update(files):
        raise Http404
    return get_object_or_404(files)


def describe_download() -> dict[str, Any]:
    schema = {"schema": {"type": "string", "format": "binary"}}
    content = {kind.content_type: schema for kind in KINDS}
    location = {"schema": {"type": "string", "format": "uri"}}
    return {
        "responses": {
            200: {"description": "The file, as an attachment", "content": content},
            302: {"description": "A signed URL of the file", "headers": {"Location": location}},
        }
    }


@router.get("", response=FilesOut, summary="List your files, newest first")
def list_files(
    request: SignedInRequest, page: Query[FileListParameters]
) -> dict[str, FileQuerySet]:
    return {"files": page.select(request.user.files.all())}


@router.post("/upload", response={201: Uploaded}, summary="Upload a file")
@accept_uploads(uploads.check_content_length)
def upload_file(
    request: SignedInRequest, file: Annotated[ninja.UploadedFile, ninja.File()]
) -> Status[File]:
    """Send the file as the part `file` of a form. Its type is detected from its content."""
    return Status(201, uploads.upload(request.user, require_single_file(request, file)))


@router.delete("", response=FileOut, summary="Move a file to the trash")
def delete_file(request: SignedInRequest, body: FileId) -> File:
    """You can restore it for 30 days."""
    return update_or_404(request, body.id, FileQuerySet.trash)


@router.post("/{uuid:pk}/restore", response=FileOut, summary="Restore a file from the trash")
def restore_file(request: SignedInRequest, pk: UUID) -> File:
    return update_or_404(request, pk, FileQuerySet.restore)


@router.get(
    "/{uuid:pk}/download",
    url_name="download_file",
    openapi_extra=describe_download(),
    summary="Download a file that is not deleted",
)
def download_file(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    return downloads.serve_attachment(get_object_or_404(request.user.files.present(), pk=pk))
