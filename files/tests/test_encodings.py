"""Texts in other encodings than UTF-8."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from files.file_types import detect_kind

SAVE = "Save it as UTF-8, then upload it again."


def get_error(content):
    with pytest.raises(ValidationError) as caught:
        detect_kind(ContentFile(content), "a.txt")
    (message,) = caught.value.messages
    return message


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("\ufeffGrüße".encode("utf-16-le"), "UTF-16"),
        ("\ufeff世界".encode("utf-16-be"), "UTF-16"),
        ("name,city\r\n".encode("utf-16-le"), "UTF-16"),
        ("name,city\r\n".encode("utf-16-be"), "UTF-16"),
        ("hello".encode("utf-32"), "UTF-32"),
        ("Grüße".encode("latin-1"), "Windows-1252"),
        ("“Créée à Zürich”, 5 €".encode("cp1252"), "Windows-1252"),
        (b"ascii\n" * 50_000 + "Größe\n".encode("cp1252") * 5_000, "Windows-1252"),
        ("こんにちは".encode("cp932"), "Shift-JIS"),
        ("日本".encode("cp932"), "Shift-JIS"),
        (("a" * 65_535 + "テスト、漢字" * 10_000).encode("cp932"), "Shift-JIS"),
    ],
)
def test_names_the_encoding(content, name):
    assert get_error(content) == f"This text is saved as {name}. {SAVE}"


def test_does_not_name_unknown_encodings():
    assert get_error("Привет, мир\n".encode("cp1251")) == f"This text isn't saved as UTF-8. {SAVE}"
