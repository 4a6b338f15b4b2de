"""Detection of file types, and names of files."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from files.file_types import KINDS, clean_name, detect_kind
from files.tests.content import PDF, make_image

KIND = {kind.name: kind for kind in KINDS}


def detect_name(content, name="x"):
    return detect_kind(ContentFile(content), name).name


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (make_image("JPEG"), "jpeg"),
        (make_image("PNG"), "png"),
        (make_image("WEBP"), "webp"),
        (PDF, "pdf"),
        (b"\xef\xbb\xbf" + PDF, "pdf"),
        (b"\r\n\n" + PDF, "pdf"),
        (b"hello\n", "txt"),
        (b"%PDF is a format.\n", "txt"),
        (b"1. %PDF-1.7 begins a PDF\n", "txt"),
    ],
)
@pytest.mark.parametrize("name", ["x", "x.png", "x.pdf", "x.exe", ""])
def test_detects_the_kind_by_content(content, kind, name):
    assert detect_name(content, name) == kind


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
def test_name_selects_the_kind_of_text(name, kind):
    assert detect_name(b"a,b\n", name) == kind


@pytest.mark.parametrize(
    "content",
    [
        "Grüße, 世界 👩‍🚀\n".encode(),
        b"\xef\xbb\xbfwith a mark\r\n",
        b"tab\there\x0cand a new page",
        b"one line\x0banother of the same paragraph",
        b"from DOS\r\n\x1a",
        b"from CP/M" + b"\x1a" * 100_000,
        "ü".encode() * 100_000,  # characters split between chunks
    ],
)
def test_accepts_utf_8_as_text(content):
    assert detect_name(content) == "txt"


def get_error(content):
    with pytest.raises(ValidationError) as caught:
        detect_name(content, "a.txt")
    (message,) = caught.value.messages
    return message


@pytest.mark.parametrize(
    "content",
    [
        b"a\0b",
        b"\x1b[31mred",
        b"\xff\xff\xff",
        "\x85\x86".encode(),
        b"an end\x1aand more",
        b"an end" + b"\x1a" * 100_000 + b"and more",
        b"\x7fELF\x02\x01\x01",
        b"hello" * 50_000 + b"\0",
    ],
)
def test_rejects_other_content(content):
    assert get_error(content) == (
        "This file type isn't supported: choose JPEG, PNG, WebP, PDF, plain text, CSV or Markdown."
    )


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (make_image("GIF"), "a GIF image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC photo"),
        (b"PK\x03\x04\x14\0\0\0", "a zip archive or an Office document"),
    ],
)
def test_names_known_unsupported_kinds(content, name):
    assert get_error(content).startswith(f"This is {name}, which isn't supported: save it as ")


def test_suggests_only_allowed_kinds(settings):
    settings.FILE_TYPES = ("txt",)
    assert get_error(make_image("GIF")) == "This file type isn't supported: choose plain text."


def test_rejects_kinds_that_are_not_allowed(settings):
    settings.FILE_TYPES = ("png", "txt")
    assert get_error(PDF) == "This file type isn't supported: choose PNG or plain text."


@pytest.mark.parametrize(("allowed", "kind"), [(("txt", "md"), "txt"), (("md",), "md")])
def test_text_becomes_another_allowed_kind_of_text(settings, allowed, kind):
    settings.FILE_TYPES = allowed
    assert detect_name(b"a,b\n", "a.csv") == kind


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
        ("two  spaces\u00a0here.txt", "two spaces\u00a0here.txt"),
        ("at 1.23\u202fPM.txt", "at 1.23\u202fPM.txt"),
        ("会議\u3000記録.txt", "会議\u3000記録.txt"),
        ("क्\u200dष, क्\u200cष.txt", "क्\u200dष, क्\u200cष.txt"),
        ("\u3000.\u3000", "file.txt"),
        ("a\u3000.txt", "a.txt"),
        ("txt.txt", "txt.txt"),
        ("TXT.txt", "TXT.txt"),
        ("text", "file.txt"),
        ('R&amp;D & "us".txt', 'R&amp;D & "us".txt'),
        ("half \ud800 a pair.txt", "half a pair.txt"),
        ("u\u0308.txt", "ü.txt"),
        ("👩\u200d🚀.txt", "👩\u200d🚀.txt"),
        ("a.tar.gz", "a.tar.gz.txt"),
    ],
)
def test_cleans_the_name(name, cleaned):
    assert clean_name(name, KIND["txt"]) == cleaned


def test_stem_may_equal_the_extension():
    assert clean_name("csv.csv", KIND["csv"]) == "csv.csv"


def test_keeps_every_extension_of_the_kind():
    assert clean_name("a.jpeg", KIND["jpeg"]) == "a.jpeg"
    assert clean_name("a.png", KIND["jpeg"]) == "a.png.jpg"


@pytest.mark.parametrize("name", ["ä" * 300 + ".txt", "ä" * 300, "." * 300, "a." * 300 + "txt"])
def test_truncates_the_name_before_the_extension(name):
    cleaned = clean_name(name, KIND["txt"])
    assert len(cleaned) <= 255
    assert cleaned.endswith(".txt")
