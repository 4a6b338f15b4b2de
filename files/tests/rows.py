"""File rows without objects in storage, for tests of lists."""

from files.models import File, StoredObject


def make_row(user, *, name="notes.txt", image=False, **overrides):
    """Create the row of a text, or of an image with a thumbnail."""
    count = StoredObject.objects.count()
    keys = [f"{user.pk}/{count + place}.bin" for place in range(1 + image)]
    objects = [StoredObject.objects.create(key=key, owner=user, remove_after=None) for key in keys]
    content_type = "image/png" if image else "text/plain"
    fields = {"content_type": content_type, "size": 1200, "thumbnail": [*objects, None][1]}
    file = File.objects.create(user=user, name=name, object=objects[0], **fields | overrides)
    # auto_now_add ignores values on creation.
    File.objects.filter(pk=file.pk).update(**overrides)
    return file


def make_rows(user, count, **overrides):
    for number in range(count):
        make_row(user, name=f"notes-{number:03}.txt", **overrides)
