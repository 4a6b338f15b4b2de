"""Experts and files for the pages."""

from __future__ import annotations

from accounts.models import User
from files.models import File, StoredObject
from onboarding.models import Expert


def create_experts(count: int) -> None:
    Expert.objects.bulk_create(
        Expert(
            slug=f"expert-{number}",
            name=f"Expert {number:03}",
            description="Answers questions about the numbers of a company. " * 3,
            icon="E",
            prompt="Answer.",
        )
        for number in range(1, count + 1)
    )


def create_files(user: User, count: int) -> None:
    """Create rows of the user's files, every second an image, without objects in storage."""
    keys = [f"{user.pk}/{number}" for number in range(2 * count)]
    objects = StoredObject.objects.bulk_create(
        StoredObject(key=key, owner=user, remove_after=None) for key in keys
    )
    File.objects.bulk_create(
        File(
            user=user,
            name=f"file-{number:04}.{'png' if number % 2 else 'txt'}",
            content_type="image/png" if number % 2 else "text/plain",
            size=1000 + number,
            object=objects[2 * number],
            thumbnail=objects[2 * number + 1] if number % 2 else None,
        )
        for number in range(count)
    )
