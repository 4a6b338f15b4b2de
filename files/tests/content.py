"""Content for uploads in tests."""

import io
import struct
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from files.uploads import upload

PDF = b"%PDF-1.7\n%%EOF\n"


def make_image(form="PNG", size=(60, 40), mode="RGB", color="red", **options):
    stream = io.BytesIO()
    Image.new(mode, size, color).save(stream, form, **options)
    return stream.getvalue()


def make_png_claiming(width, height):
    """Return a small PNG whose header declares this size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b"\0" * 100), b"IEND"]
    parts = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def make_upload(name="notes.txt", content=b"hello\n", content_type="application/x-whatever"):
    """Return an upload as browsers send it; its type must be ignored."""
    return SimpleUploadedFile(name, content, content_type)


def upload_file(user, name="notes.txt", content=b"hello\n"):
    return upload(user, make_upload(name, content))
