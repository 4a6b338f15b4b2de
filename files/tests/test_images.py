"""Re-encoding images, and rejected images."""

import io
import struct
import threading

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image, ImageCms

from config.tests.processes import wait_until
from files import images
from files.images import BROKEN, NOT_AN_IMAGE, TOO_MANY_PIXELS, make_square, make_thumbnail
from files.tests.content import make_image, make_png_claiming

FORMS = ["JPEG", "PNG", "WEBP"]
ORIENTATION, MAKE = 0x0112, 0x010F


def decode(data, make=make_thumbnail, side=32):
    return Image.open(io.BytesIO(make(ContentFile(data), side=side)))


def get_errors(data):
    with pytest.raises(ValidationError) as caught:
        make_thumbnail(ContentFile(data), side=32)
    return caught.value.messages


def make_two_colours(form, **options):
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (64, 32), "red")
    image.paste("blue", (32, 0, 64, 32))
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def is_red(pixel):
    return pixel[0] > 200 and pixel[2] < 60


@pytest.mark.parametrize("form", FORMS)
def test_thumbnail_is_webp_with_the_same_proportions(form):
    image = decode(make_image(form, (640, 320)))
    assert (image.format, image.size) == ("WEBP", (32, 16))


def test_small_image_is_not_enlarged():
    assert decode(make_image(size=(20, 10))).size == (20, 10)


@pytest.mark.parametrize("size", [(640, 320), (10, 300), (1, 1), (1, 20_000)])
def test_square_has_the_exact_size(size):
    assert decode(make_image(size=size), make_square).size == (32, 32)


def test_square_is_the_middle():
    image = Image.new("RGB", (96, 32), "red")
    image.paste("blue", (32, 0, 64, 32))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    middle = decode(stream.getvalue(), make_square)
    assert not any(is_red(middle.getpixel((x, 16))) for x in range(2, 30))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("make", [make_square, make_thumbnail])
def test_applies_the_exif_orientation(form, make):
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # rotated: the left side becomes the top
    image = decode(make_two_colours(form, exif=exif), make)
    assert is_red(image.getpixel((image.width // 2, 2)))
    assert not is_red(image.getpixel((image.width // 2, image.height - 3)))


@pytest.mark.parametrize("form", FORMS)
def test_removes_metadata(form):
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = 6, "SECRET CAMERA"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = make_image(form, exif=exif, icc_profile=profile)
    made = make_thumbnail(ContentFile(data), side=32)
    assert b"SECRET CAMERA" in data
    assert all(part not in made for part in (b"SECRET", b"EXIF", b"ICCP", b"XMP "))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_accepts_every_png_mode(mode):
    image = decode(make_image(mode=mode, color=None))
    assert image.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_accepts_every_jpeg_mode(mode):
    assert decode(make_image("JPEG", mode=mode, color=None)).mode == "RGB"


def test_keeps_transparency():
    assert decode(make_image(mode="RGBA", color=(255, 0, 0, 0))).getpixel((5, 5))[3] == 0


def test_keeps_transparency_of_a_palette():
    data = make_image(mode="P", color=0, transparency=0)
    assert decode(data).convert("RGBA").getpixel((5, 5))[3] == 0


def test_keeps_the_brightness_of_16_bit_grey():
    shade = decode(make_image(mode="I;16", color=40_000)).convert("L").getpixel((5, 5))
    assert abs(shade - 40_000 // 256) < 3


def test_converts_colours_to_srgb():
    """The profile swaps red and blue."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile = profile.replace(b"rXYZ", b"tXYZ").replace(b"bXYZ", b"rXYZ").replace(b"tXYZ", b"bXYZ")
    image = decode(make_image(color="red", icc_profile=bytes(profile)))
    assert not is_red(image.getpixel((5, 5)))


@pytest.mark.parametrize("mode", ["L", "LA", "RGB"])
def test_ignores_broken_profiles(mode):
    assert decode(make_image(mode=mode, color=None, icc_profile=b"rubbish")).size == (32, 21)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_uses_the_first_frame_of_an_animation(form):
    second = Image.new("RGB", (60, 40), "blue")
    image = decode(make_image(form, save_all=True, append_images=[second]))
    assert getattr(image, "n_frames", 1) == 1
    assert is_red(image.getpixel((5, 5)))


def test_rewinds_the_content():
    content = ContentFile(make_image())
    make_thumbnail(content, side=32)
    assert content.read() == make_image()


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("GIF", "a GIF image"),
        ("BMP", "a BMP image"),
        ("TIFF", "a TIFF image or a raw photo"),
        ("ICO", "an icon"),
        ("AVIF", "an AVIF image"),
    ],
)
def test_names_unsupported_formats(form, name):
    advice = f"This is {name}, which isn't supported: save it as JPEG or PNG first."
    assert get_errors(make_image(form)) == [advice]


@pytest.mark.parametrize("data", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_rejects_other_content(data):
    assert get_errors(data) == [NOT_AN_IMAGE]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("part", [0.5, 0.98])
def test_rejects_truncated_images(form, part):
    data = make_image(form, (400, 300))
    assert get_errors(data[: int(len(data) * part)]) == [BROKEN]


def test_rejects_wrong_checksums():
    data = make_image(size=(300, 300))
    at = data.index(b"IDAT") + 4 + 20
    assert get_errors(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]) == [BROKEN]


@pytest.mark.parametrize("side", [6400, 10_000, 60_000])
def test_rejects_decompression_bombs_by_their_header(side):
    assert get_errors(make_png_claiming(side, side)) == [TOO_MANY_PIXELS]


@pytest.mark.parametrize("side", [4100, 9500, 16_383])
def test_rejects_webp_bombs(side):
    still = make_image("WEBP", mode="RGBA", color=None, lossless=True)[12:]
    size, frame = (side - 1).to_bytes(3, "little"), bytes([59, 0, 0, 39, 0, 0])
    chunks = [
        (b"VP8X", b"\x12\0\0\0" + size + size),
        (b"ANIM", b"\0" * 6),
        (b"ANMF", b"\0" * 6 + frame + b"\0" * 4 + still),
    ]
    body = b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    data = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
    assert get_errors(data) == [TOO_MANY_PIXELS]


def test_accepts_the_largest_image():
    assert decode(make_image(mode="L", size=(5000, 5000), color=9)).size == (32, 32)


def test_accepts_phone_photos():
    assert decode(make_image("JPEG", mode="L", size=(8160, 6120), color=9)).size == (32, 24)


def test_two_decode_at_once_and_six_wait(monkeypatch):
    go, inside, most, answers = threading.Event(), [], [], []
    decoded = images._run_decoder

    def counted(form, data, side):
        inside.append(1)
        most.append(len(inside))
        assert go.wait(60)
        inside.pop()
        return decoded(form, data, side)

    def ask():
        try:
            answers.append(decode(make_image()).size)
        except images.BusyError:
            answers.append("busy")

    monkeypatch.setattr(images, "_run_decoder", counted)
    monkeypatch.setattr(images, "WAIT_SECONDS", 60)
    threads = [threading.Thread(target=ask) for _ in range(9)]
    for thread in threads:
        thread.start()
    wait_until(lambda: answers == ["busy"] and len(inside) == 2, 30, "one is turned away")
    go.set()
    for thread in threads:
        thread.join()
    assert (len(answers), answers.count("busy"), max(most)) == (9, 1, 2)


def test_waiting_too_long_raises_busy_error(monkeypatch):
    monkeypatch.setattr(images, "WAIT_SECONDS", 0.01)
    with images._decoder_slots, images._decoder_slots, pytest.raises(images.BusyError):
        make_thumbnail(ContentFile(make_image()), side=32)
    assert decode(make_image()).size == (32, 21)


def test_decoder_that_cannot_start_raises_busy_error(monkeypatch):
    monkeypatch.setattr(images.sys, "executable", "/nowhere")
    with pytest.raises(images.BusyError):
        make_thumbnail(ContentFile(make_image()), side=32)
