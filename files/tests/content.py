"""What the tests upload."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from files.uploads import upload

PDF = b"%PDF-1.7\n%%EOF\n"


def picture(form="PNG", size=(60, 40), mode="RGB", color="red", **options):
    """The bytes of an image."""
    stream = io.BytesIO()
    Image.new(mode, size, color).save(stream, form, **options)
    return stream.getvalue()


def sent(name="notes.txt", content=b"hello\n", content_type="application/x-whatever"):
    """A file as a browser sends it; what it says of the type is to be believed by nobody."""
    return SimpleUploadedFile(name, content, content_type)


def kept(user, name="notes.txt", content=b"hello\n"):
    """A file that has been uploaded."""
    return upload(user, sent(name, content))
