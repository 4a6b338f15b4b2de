"""Files for programs."""

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
from config.lib.request_bodies import takes_uploads
from config.lib.schemas import Body, Digits, Parameters, Schema
from files import downloads, uploads
from files.file_types import KINDS
from files.models import File, FileQuerySet

router = Router(tags=["files"], by_alias=True)


class FileListParameters(Parameters):
    """Which part of the list."""

    limit: Annotated[int, Field(ge=1, le=500), Digits] = 100
    offset: Annotated[int, Field(ge=0, le=1_000_000), Digits] = 0
    include_deleted: Literal["true", "false", "1", "0"] = "false"

    def select(self, files: FileQuerySet) -> FileQuerySet:
        chosen = files.present()
        if self.include_deleted in ("true", "1"):
            chosen |= files.deleted()
        return chosen.order_by("-created_at", "id")[self.offset : self.offset + self.limit]


class FileOut(Schema):
    """`url` is where this site serves it; not while it is deleted."""

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
    # JSON has no UUID of its own: it is written as a text.
    id: Annotated[UUID, Field(strict=False)]


def get_download_url(file: File) -> str:
    return reverse("api:download_file", args=[file.pk])


def require_single_file(request: SignedInRequest, file: UploadedFile[bytes]) -> UploadedFile[bytes]:
    """The file, if the form has nothing else: a second one would be lost without a word."""
    others = {*request.FILES, *request.POST} - {"file", "csrfmiddlewaretoken"}
    if others:
        raise ValidationError({name: ["This part is unknown."] for name in others})
    if len(request.FILES.getlist("file")) > 1:
        raise ValidationError({"file": ["Send one file at a time."]})
    return file


def update_or_404(request: SignedInRequest, pk: UUID, move: Callable[[FileQuerySet], int]) -> File:
    """The person's file after the move. Raises Http404 if there is none to be moved so."""
    files = request.user.files.filter(pk=pk)
    if not move(files):
        raise Http404
    return get_object_or_404(files)


def describe_download() -> dict[str, Any]:
    """What the schema cannot derive from a type: the answers to a download."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    content = {kind.content_type: schema for kind in KINDS}
    location = {"schema": {"type": "string", "format": "uri"}}
    return {
        "responses": {
            200: {"description": "The file, to be saved", "content": content},
            302: {"description": "Where the file is, signed", "headers": {"Location": location}},
        }
    }


@router.get("", response=FilesOut, summary="Your files, newest first")
def list_files(
    request: SignedInRequest, part: Query[FileListParameters]
) -> dict[str, FileQuerySet]:
    return {"files": part.select(request.user.files.all())}


@router.post("/upload", response={201: Uploaded}, summary="Keep a file")
@takes_uploads(uploads.check_content_length)
def upload_file(
    request: SignedInRequest, file: Annotated[ninja.UploadedFile, ninja.File()]
) -> Status[File]:
    """One part of the form, `file`, is the file. What it is, its content says."""
    return Status(201, uploads.upload(request.user, require_single_file(request, file)))


@router.delete("", response=FileOut, summary="Put a file into the trash")
def delete_file(request: SignedInRequest, which: FileId) -> File:
    """It can be restored for 30 days."""
    return update_or_404(request, which.id, FileQuerySet.trash)


@router.post("/{uuid:pk}/restore", response=FileOut, summary="Take a file out of the trash")
def restore_file(request: SignedInRequest, pk: UUID) -> File:
    return update_or_404(request, pk, FileQuerySet.restore)


@router.get(
    "/{uuid:pk}/download",
    url_name="download_file",
    openapi_extra=describe_download(),
    summary="The bytes of a file that is not deleted",
)
def download_file(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    return downloads.serve_attachment(get_object_or_404(request.user.files.present(), pk=pk))
