"""Images for avatars, and the objects in storage."""

import io
from pathlib import Path

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image

from files import objects
from profiles import avatars
from profiles.models import Profile


def make_image(*, size=(40, 20), kind="PNG", colour="red", name="me.png"):
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, kind)
    return SimpleUploadedFile(name, stream.getvalue(), "image/png")


def give_avatar(user):
    """Store an avatar for the user; return its key."""
    row = Profile.for_user(user)
    content = avatars.encode(make_image())
    with objects.write_objects(user, [("webp", content)]) as keys, transaction.atomic():
        avatars.replace(user, keys[0])
    return row.avatar_id


def list_stored_keys():
    root = Path(default_storage.location)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
