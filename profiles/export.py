"""Export all data of a user as a zip that is streamed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.core.files.base import File as Content
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from zipstream import ZipStream

from accounts.models import User
from files import objects
from files.models import File
from onboarding.models import Expert, Preferences
from profiles.archive_names import make_safe_names
from profiles.models import Profile
from tours.models import Tour

FILES: Final = "files"
TRASH: Final = "deleted-files"
NOTE: Final = "MISSING.txt"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """An object in storage and its path in the zip."""

    path: str
    key: str


@dataclass(frozen=True)
class Export:
    """What to send. The database is read before the first byte."""

    document: bytes
    entries: list[Entry]

    @classmethod
    def for_user(cls, user: User) -> Export:
        files = list(user.files.order_by("created_at", "pk"))
        paths = list(_assign_paths(files))
        document = _build_document(user) | {"files": list(map(_describe_file, files, paths))}
        text = json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        entries = [Entry(path, file.object_id) for path, file in zip(paths, files, strict=True)]
        return cls(text.encode(), _list_avatar(user) + entries)

    def stream_zip(self) -> Iterator[bytes]:
        """Yield the zip in small pieces. A note in it lists the objects that could not be read."""
        archive, missing = ZipStream(), list[str]()
        archive.add(self.document, "data.json")
        for entry in self.entries:
            if content := _open(entry, missing):
                archive.add(_read_chunks(content, entry, missing), entry.path)
                yield from archive.all_files()
        if missing:
            lines = ["These files are missing or incomplete:", *missing]
            archive.add("\n".join(lines) + "\n", NOTE)
        yield from archive.finalize()


def _open(entry: Entry, missing: list[str]) -> Content[bytes] | None:
    try:
        return objects.open_object(entry.key)
    except (FileNotFoundError, objects.StorageError):
        missing.append(entry.path)
        return None


def _read_chunks(content: Content[bytes], entry: Entry, missing: list[str]) -> Iterator[bytes]:
    with content:
        try:
            yield from content.chunks()
        except Exception:
            logger.exception("%s could not be read completely", entry.key)
            missing.append(entry.path)


def _assign_paths(files: list[File]) -> Iterator[str]:
    names = {folder: make_safe_names(_list_names(files, folder)) for folder in (FILES, TRASH)}
    for file in files:
        yield f"{_choose_folder(file)}/{next(names[_choose_folder(file)])}"


def _list_names(files: list[File], folder: str) -> Iterator[str]:
    return (file.name for file in files if _choose_folder(file) == folder)


def _choose_folder(file: File) -> str:
    return TRASH if file.is_deleted else FILES


def _list_avatar(user: User) -> list[Entry]:
    key = Profile.for_user(user).avatar_id
    return [Entry("avatar.webp", key)] if key else []


def _build_document(user: User) -> dict[str, Any]:
    return {
        "exportedAt": timezone.now(),
        "account": _describe_account(user),
        "profile": _describe_profile(user),
        "preferences": _describe_preferences(user),
        "tour": {"answered": Tour.for_user(user).answered},
        "sessions": [
            {"createdAt": session.created_at, "expiresAt": session.expire_date}
            for session in user.sessions.order_by("created_at")
        ],
    }


def _describe_account(user: User) -> dict[str, Any]:
    addresses = user.emailaddress_set.order_by("pk")
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "joinedAt": user.date_joined,
        "lastSignInAt": user.last_login,
        "isStaff": user.is_staff,
        "isSuperuser": user.is_superuser,
        "addresses": list(addresses.values("email", "verified", "primary")),
    }


def _describe_profile(user: User) -> dict[str, Any]:
    profile = Profile.for_user(user)
    return {"bio": profile.bio, "timezone": profile.timezone, "locale": profile.locale}


def _describe_preferences(user: User) -> dict[str, Any]:
    preferences = Preferences.for_user(user)
    experts = Expert.objects.filter(pk__in=preferences.experts).order_by("slug")
    return {
        "traits": preferences.traits,
        "favouriteExperts": list(experts.values_list("slug", flat=True)),
        "onboardedAt": preferences.finished_at,
    }


def _describe_file(file: File, path: str) -> dict[str, Any]:
    return {
        "id": file.pk,
        "name": file.name,
        "path": path,
        "contentType": file.content_type,
        "size": file.size,
        "createdAt": file.created_at,
        "updatedAt": file.updated_at,
        "deletedAt": file.deleted_at,
    }
