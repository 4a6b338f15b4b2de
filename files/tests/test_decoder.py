"""Hostile and odd images: the cost of decoding them, and that users' own images are accepted.

Each test runs the real process and reads its memory and CPU time at the end.
"""

import io
import os
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from files import decoder, images

MEMORY = 200_000_000
CPU_SECONDS = 3  # the limit of 2 s, and 1 s until the kernel ends the process


def make_base(size=(640, 480), mode="RGB"):
    gradient = Image.linear_gradient("L")
    return Image.merge("RGB", [gradient, gradient.rotate(90), gradient]).resize(size).convert(mode)


def encode(image, form, **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def make_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def insert_chunk(data, name, content, *, times=1):
    return data[:33] + make_chunk(name, content) * times + data[33:]


# Runs between the test and the decoder, because a process inherits the peak memory of its parent.
MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=sys.stdin, stdout=subprocess.PIPE)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime, file=sys.stderr)
sys.stdout.buffer.write(done.stdout)
"""


def measure(data):
    """Return the exit status, the output, the peak memory and the CPU time."""
    decode = [sys.executable, "-I", decoder.__file__, "thumbnail", "320"]
    command = [sys.executable, "-c", MEASURED, *decode]
    done = subprocess.run(command, input=data, capture_output=True, env=images.ENVIRONMENT)
    status, memory, seconds = done.stderr.splitlines()[-1].split()
    return int(status), done.stdout, int(memory), float(seconds)


def decode(data):
    status, output, memory, seconds = measure(data)
    assert status == 0
    assert memory < MEMORY
    assert seconds < CPU_SECONDS
    return Image.open(io.BytesIO(output))


def get_reason(data):
    status, _, memory, seconds = measure(data)
    assert memory < MEMORY
    assert seconds < CPU_SECONDS
    return images.REASONS[status]


def make_animation(form):
    # Together more than the process's memory.
    frames = [Image.new("RGBA", (4000, 3000), (shade, 0, 0, 255)) for shade in range(200, 0, -40)]
    fast = {"PNG": {"compress_level": 1}, "WEBP": {"method": 0}}[form]
    return encode(frames[0], form, save_all=True, append_images=frames[1:], duration=100, **fast)


def make_progressive(size, scans):
    """Return a progressive JPEG that repeats its first scan."""
    data = encode(make_base(size), "JPEG", progressive=True)
    start = data.index(b"\xff\xda")
    end = decoder._marker.search(data, start + 2).start()
    return data[:-2] + data[start:end] * scans + data[-2:]


def make_interlaced(width, height, depth):
    rows = b""
    for left, top, across, down in [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]:
        length = 1 + (width - left + across - 1) // across * depth // 2
        rows += bytes(length) * ((height - top + down - 1) // down)
    header = struct.pack(">IIBBBBB", width, height, depth, 6, 0, 0, 1)
    chunks = (
        make_chunk(b"IHDR", header)
        + make_chunk(b"IDAT", zlib.compress(rows))
        + make_chunk(b"IEND", b"")
    )
    return decoder.PNG_START + chunks


@pytest.mark.parametrize("form", ["WEBP", "PNG"])
def test_animation_costs_one_frame(form):
    image = decode(make_animation(form))
    assert image.size == (320, 240)
    assert image.getpixel((9, 9))[0] > 190


@pytest.mark.parametrize("size", [(640, 480), (4000, 3000)])
def test_rejects_hundreds_of_scans(size):
    assert get_reason(make_progressive(size, 300)) == images.TOO_COSTLY


def test_accepts_progressive_photos():
    assert decode(make_progressive((4000, 3000), 0)).size == (320, 240)


def test_bounds_the_cost_of_interlaced_png():
    assert decode(make_interlaced(4000, 4000, 8)).size == (320, 320)
    assert get_reason(make_interlaced(5000, 5000, 16)) == images.TOO_COSTLY


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA"])
def test_accepts_the_largest_png(mode):
    image = Image.new(mode, (6300, 6300), None)
    assert decode(encode(image, "PNG", compress_level=1)).size == (320, 320)


def test_bounds_the_cost_of_lossless_webp():
    image = make_base((4600, 3450))
    assert decode(encode(image, "WEBP", lossless=True, method=0)).size == (320, 240)


@pytest.mark.parametrize("quality", [20, 75])
def test_accepts_the_largest_lossy_webp_with_alpha(quality):
    noise = Image.effect_noise((4600, 3450), 60)
    image = Image.merge("RGBA", [noise] * 4)
    assert decode(encode(image, "WEBP", quality=quality, method=0)).size == (320, 240)


def test_ignores_long_texts_in_png():
    info = PngImagePlugin.PngInfo()
    for number in range(5):
        info.add_text(f"mxfile{number}", "A" * 30_000_000, zip=True)
    assert decode(encode(make_base(), "PNG", pnginfo=info)).size == (320, 240)


@pytest.mark.parametrize(
    ("name", "content", "times"),
    [
        (b"iCCP", b"x\0\0" + zlib.compress(bytes(100_000_000)), 1),
        (b"zTXt", b"x\0\0" + zlib.compress(bytes(1000)), 50_000),
        (b"eXIf", b"rubbish", 1),
        (b"iCCP", b"x\0\0rubbish", 1),
        (b"tRNS", b"\0" * 6, 1),
    ],
)
def test_accepts_odd_metadata_in_png(name, content, times):
    data = insert_chunk(encode(make_base(), "PNG"), name, content, times=times)
    assert decode(data).size == (320, 240)


def test_accepts_wrong_checksums_of_metadata():
    data = encode(make_base(), "PNG")
    broken = make_chunk(b"tEXt", b"Title\0x")[:-4] + b"\0\0\0\0"
    assert decode(data[:33] + broken + data[33:]).size == (320, 240)


@pytest.mark.parametrize(
    "segment",
    [
        b"\xff\xe1" + struct.pack(">H", 60_000) + b"http://ns.adobe.com/xap/1.0/\0".ljust(59_998),
        b"\xff\xe2" + struct.pack(">H", 60_000) + b"ICC_PROFILE\0\1\1".ljust(59_998),
        b"\xff\xe1" + struct.pack(">H", 60_000) + b"Exif\0\0rubbish".ljust(59_998),
    ],
)
def test_accepts_large_and_broken_metadata_in_jpeg(segment):
    data = encode(make_base(), "JPEG")
    assert decode(data[:2] + segment * 60 + data[2:]).size == (320, 240)


def test_accepts_photos_with_a_second_image():
    second = make_base((160, 120), "L")
    data = encode(make_base(), "MPO", save_all=True, append_images=[second])
    assert decode(data).size == (320, 240)


def test_accepts_108_megapixels():
    assert decode(encode(Image.new("RGB", (12_000, 9000)), "JPEG")).size == (320, 240)


@pytest.mark.parametrize("trailing", [b"\0" * 4000, b"ftypmp42" + os.urandom(50_000)])
def test_ignores_data_after_the_photo(trailing):
    assert decode(encode(make_base(), "JPEG") + trailing).size == (320, 240)


def test_accepts_cmyk_with_a_profile():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert decode(encode(make_base(mode="CMYK"), "JPEG", icc_profile=profile)).mode == "RGB"


def test_process_cannot_write_files_or_raise_its_limits():
    script = (
        "import resource as r, decoder; decoder.limit_resources(); "
        "print(*[r.getrlimit(x)[0] for x in (r.RLIMIT_DATA, r.RLIMIT_CPU, r.RLIMIT_FSIZE)])"
    )
    folder = os.path.dirname(decoder.__file__)
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True)
    assert done.stdout.split() == [str(decoder.MEMORY).encode(), b"2", b"0"]
