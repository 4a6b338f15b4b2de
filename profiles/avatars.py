"""The users' avatars: an image, or their initials."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from files import images, objects
from profiles.models import Profile, ProfileQuerySet

MAX_BYTES: Final = 2_000_000
# Camera photos up to this size are rejected by the form, which keeps the other fields.
MAX_FORM_BYTES: Final = 12_000_000
SIDE: Final = 256
EXTENSION: Final = "webp"


def get_initials(user: User) -> str:
    words = [word for word in map(_keep_letters, user.name.split()) if word] or [
        _keep_letters(user.email)
    ]
    ends = words if len(words) == 1 else [words[0], words[-1]]
    return "".join(word[:1].upper()[:1] for word in ends)


def get_url(user: User) -> str | None:
    """Return the URL of the avatar. Needs no statement."""
    key = Profile.for_user(user).avatar_id
    return reverse("profiles:avatar", args=[PurePosixPath(key).stem]) if key else None


def find_key(user: User, pk: UUID) -> str | None:
    """Return the object's key if it is the current avatar. Needs no statement."""
    key = Profile.for_user(user).avatar_id
    return key if key == f"{user.pk}/{pk}.{EXTENSION}" else None


def check_content_length(user: User, size: int) -> None:
    if size > MAX_FORM_BYTES:
        raise too_large_error()


def too_large_error() -> ValidationError:
    return ValidationError(f"Choose an image of at most {MAX_BYTES // 1_000_000} MB.", "too_large")


def encode(content: File[bytes]) -> bytes:
    """Return the middle square of the image as WebP. Raises ValidationError for other files."""
    if (content.size or 0) > MAX_BYTES:
        raise too_large_error()
    return images.make_square(content, side=SIDE)


def replace(user: User, key: str | None) -> None:
    """Set the object as the avatar, or remove it, and remove the old object.

    Call it in a transaction. Raises ObjectLostError like `files.objects.mark_used`.
    """
    # The lock makes the second of two concurrent changes see the avatar of the first.
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    old_key = Profile.objects.filter(pk=user.pk).values_list("avatar_id", flat=True).first()
    if key:
        objects.mark_used([key])
    Profile.for_user(user).store(avatar_id=key)
    if old_key:
        objects.mark_unused([old_key])


def remove(user: User) -> None:
    with transaction.atomic():
        replace(user, None)


def remove_all(profiles: ProfileQuerySet) -> int:
    users = [profile.user for profile in profiles.with_avatar().select_related("user")]
    for user in users:
        remove(user)
    return len(users)


def _keep_letters(word: str) -> str:
    return "".join(filter(str.isalnum, word))
