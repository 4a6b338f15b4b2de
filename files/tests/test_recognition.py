"""What a file is, and what it may be called."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from files.recognition import KINDS, NOT_UTF_8, label, recognised
from files.tests.content import PDF, picture

KIND = {kind.name: kind for kind in KINDS}


def name_of(content, name="x"):
    return recognised(ContentFile(content), name).name


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("JPEG"), "jpeg"),
        (picture("PNG"), "png"),
        (picture("WEBP"), "webp"),
        (PDF, "pdf"),
        (b"hello\n", "txt"),
    ],
)
@pytest.mark.parametrize("name", ["x", "x.png", "x.pdf", "x.exe", ""])
def test_the_content_says_what_it_is_whatever_the_name(content, kind, name):
    assert name_of(content, name) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "csv"),
        ("a.CSV", "csv"),
        ("a.md", "md"),
        ("a.markdown", "md"),
        ("a.txt", "txt"),
        ("a.html", "txt"),
        ("csv", "txt"),
        ("", "txt"),
    ],
)
def test_of_texts_the_name_says_which(name, kind):
    assert name_of(b"a,b\n", name) == kind


@pytest.mark.parametrize(
    "content",
    [
        "Grüße, 世界 👩‍🚀\n".encode(),
        b"\xef\xbb\xbfwith a mark\r\n",
        b"tab\there\x0cand a new page",
        "ü".encode() * 100_000,  # halves of it at the ends of chunks
    ],
)
def test_utf_8_is_text(content):
    assert name_of(content) == "txt"


@pytest.mark.parametrize(
    "content",
    [
        b"a\0b",
        b"\x1b[31mred",
        b"\xff\xff\xff",
        "Grüße".encode("latin-1"),
        b"half a character \xc3",
        "\x85\x86".encode(),
        picture("GIF"),
        b"\x7fELF\x02\x01\x01",
        b"PK\x03\x04\x14\0\0\0",
        b"hello" * 50_000 + b"\0",
    ],
)
def test_anything_else_is_refused(content):
    with pytest.raises(ValidationError) as caught:
        name_of(content, "a.txt")
    assert caught.value.messages == [
        "This kind of file is not taken: choose one of these: JPEG, PNG, WebP, PDF, "
        "plain text, CSV, Markdown."
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_told_what_to_do(encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    with pytest.raises(ValidationError) as caught:
        name_of(f"{mark}hello".encode(encoding), "a.txt")
    assert caught.value.messages == [NOT_UTF_8]


def test_a_kind_that_the_site_does_not_take_is_refused(settings):
    settings.FILE_TYPES = ("png", "txt")
    with pytest.raises(ValidationError) as caught:
        name_of(PDF)
    assert caught.value.messages == [
        "A PDF file is not taken: choose one of these: PNG, plain text."
    ]


@pytest.mark.parametrize(("taken", "kind"), [(("txt", "md"), "txt"), (("md",), "md")])
def test_a_text_is_another_text_where_its_kind_is_not_taken(settings, taken, kind):
    settings.FILE_TYPES = taken
    assert name_of(b"a,b\n", "a.csv") == kind


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("notes.txt", "notes.txt"),
        ("NOTES.TXT", "NOTES.TXT"),
        ("/etc/passwd", "passwd.txt"),
        ("..\\..\\boot.ini", "boot.ini.txt"),
        ("../../..", "file.txt"),
        ("", "file.txt"),
        (".txt", "file.txt"),
        ("txt", "file.txt"),
        ("  . ", "file.txt"),
        ("page.html", "page.html.txt"),
        ("a\0b\r\nSet-Cookie: x.txt", "a b Set-Cookie: x.txt"),
        ("gpj\u202egnp.txt", "gpjgnp.txt"),
        ("two  spaces\u00a0here.txt", "two spaces here.txt"),
        ("half \ud800 a pair.txt", "half a pair.txt"),
        ("u\u0308.txt", "ü.txt"),
        ("👩\u200d🚀.txt", "👩\u200d🚀.txt"),
        ("a.tar.gz", "a.tar.gz.txt"),
    ],
)
def test_a_name_becomes_a_label(name, cleaned):
    assert label(name, KIND["txt"]) == cleaned


def test_every_ending_of_a_kind_is_its_own():
    assert label("a.jpeg", KIND["jpeg"]) == "a.jpeg"
    assert label("a.png", KIND["jpeg"]) == "a.png.jpg"


@pytest.mark.parametrize("name", ["ä" * 300 + ".txt", "ä" * 300, "." * 300, "a." * 300 + "txt"])
def test_a_label_is_never_too_long_and_keeps_its_ending(name):
    cleaned = label(name, KIND["txt"])
    assert len(cleaned) <= 255
    assert cleaned.endswith(".txt")
