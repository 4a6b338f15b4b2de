"""The picture that stands for a person, or the letters that do where there is none."""

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
# A photo as it comes from a camera is refused by the form, which keeps what else was typed.
MAX_FORM_BYTES: Final = 12_000_000
SIDE: Final = 256
EXTENSION: Final = "webp"


def get_initials(user: User) -> str:
    """The first letters of the first and the last name, else the first of the address."""
    words = [word for word in map(_keep_letters, user.name.split()) if word] or [
        _keep_letters(user.email)
    ]
    ends = words if len(words) == 1 else [words[0], words[-1]]
    return "".join(word[:1].upper()[:1] for word in ends)


def get_url(user: User) -> str | None:
    """Where the site serves the person's picture; no statement."""
    key = Profile.of(user).avatar_id
    return reverse("profiles:avatar", args=[PurePosixPath(key).stem]) if key else None


def find_key(user: User, pk: UUID) -> str | None:
    """The object's key, if that is the picture the person has now; no statement."""
    key = Profile.of(user).avatar_id
    return key if key == f"{user.pk}/{pk}.{EXTENSION}" else None


def check_content_length(user: User, size: int) -> None:
    """Raise ValidationError for a form that is too large to be worth reading for its texts."""
    if size > MAX_FORM_BYTES:
        raise too_large_error()


def too_large_error() -> ValidationError:
    return ValidationError(f"Choose an image of at most {MAX_BYTES // 1_000_000} MB.", "too_large")


def encode(content: File[bytes]) -> bytes:
    """The middle of the image, as it is stored. Raises ValidationError for what is none."""
    if (content.size or 0) > MAX_BYTES:
        raise too_large_error()
    return images.make_square(content, side=SIDE)


def replace(user: User, key: str | None) -> None:
    """Claim the object as the picture, or have none, and discard the former one.

    In a transaction; raises ObjectLostError as `files.objects.claim` does.
    """
    # Of two that replace the same picture, the second has to discard what the first has put there.
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    former = Profile.objects.filter(pk=user.pk).values_list("avatar_id", flat=True).first()
    if key:
        objects.mark_used([key])
    Profile.of(user).store(avatar_id=key)
    if former:
        objects.mark_unused([former])


def remove(user: User) -> None:
    with transaction.atomic():
        replace(user, None)


def remove_all(profiles: ProfileQuerySet) -> int:
    """Take the pictures from these people; how many had one."""
    with_picture = [profile.user for profile in profiles.with_avatar().select_related("user")]
    for user in with_picture:
        remove(user)
    return len(with_picture)


def _keep_letters(word: str) -> str:
    return "".join(filter(str.isalnum, word))
