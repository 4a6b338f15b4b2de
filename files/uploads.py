"""Validate and store an upload: the object, the row, and a thumbnail for most images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from config.lib.local_formats import local_size
from config.observe.events import Kind, UploadRefusal, send_event
from files import images, objects, quota
from files.file_types import Kind as FileKind
from files.file_types import clean_name, detect_kind
from files.models import File

# Pixels: twice the largest side in the list, for screens with high resolution.
THUMBNAIL_SIDE: Final = 320

# Bytes: the most that a form has besides the file, including its name.
FORM_OVERHEAD: Final = 64_000

EMPTY: Final = "This file is empty."
TOO_LARGE: Final = "This file is larger than %s."


def upload(user: User, sent: UploadedFile[bytes]) -> File:
    """Store the file. No transaction is open while the bytes are written.

    Raises ValidationError for the field `file`, or StorageError; then nothing is stored.
    """
    try:
        with _count_refusal():
            file = _store(user, sent)
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from error
    send_event(Kind.UPLOAD, bytes=file.size)
    return file


def check_content_length(user: User, size: int) -> None:
    """Raise ValidationError if no file in a form of this size can be accepted."""
    with _count_refusal():
        if size > settings.FILE_MAX_SIZE + FORM_OVERHEAD:
            raise _build_size_error()
        quota.check_space(user, max(size - FORM_OVERHEAD, 1))


@contextmanager
def _count_refusal() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        code = error.error_list[0].code
        # Only types and broken images have no code.
        send_event(Kind.REFUSED_UPLOAD, reason=code or UploadRefusal.TYPE)
        raise
    except objects.StorageError:
        send_event(Kind.REFUSED_UPLOAD, reason=UploadRefusal.STORAGE)
        raise


def _build_size_error() -> ValidationError:
    return ValidationError(TOO_LARGE % local_size(settings.FILE_MAX_SIZE), UploadRefusal.SIZE)


def _store(user: User, sent: UploadedFile[bytes]) -> File:
    size = _check_size(sent)
    name = sent.name or ""
    kind = detect_kind(sent, name)
    quota.check_space(user, size)
    with objects.write_objects(user, _build_contents(sent, kind)) as keys:
        return _create_file(
            user, keys, name=clean_name(name, kind), content_type=kind.content_type, size=size
        )


def _check_size(sent: UploadedFile[bytes]) -> int:
    size = sent.size or 0
    if not size:
        raise ValidationError(EMPTY, UploadRefusal.EMPTY)
    if size > settings.FILE_MAX_SIZE:
        raise _build_size_error()
    return size


def _build_contents(sent: UploadedFile[bytes], kind: FileKind) -> list[tuple[str, objects.Content]]:
    contents: list[tuple[str, objects.Content]] = [(kind.extension, sent)]
    if kind.is_image:
        with suppress(images.TooCostlyError):  # store it without a thumbnail
            contents.append(("webp", images.make_thumbnail(sent, side=THUMBNAIL_SIDE)))
    return contents


def _create_file(user: User, keys: list[str], *, name: str, content_type: str, size: int) -> File:
    """Create the row and mark the objects as used in one transaction.

    It waits for the user's other uploads, so that together they stay within the quota.
    """
    key, *thumbnail = keys
    with transaction.atomic():
        _lock_user(user)
        quota.check_space(user, size)
        objects.mark_used(keys)
        return File.objects.create(
            user=user,
            name=name,
            content_type=content_type,
            size=size,
            object_id=key,
            thumbnail_id=next(iter(thumbnail), None),
        )


def _lock_user(user: User) -> None:
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk).exists():
        raise objects.ObjectLostError
