import pytest

from profiles.archive_names import make_safe_names


def names(*labels):
    return list(make_safe_names(labels))


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("notes.txt", "notes.txt"),
        ("Übersicht 2026.pdf", "Übersicht 2026.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\boot.ini", "_.._boot.ini"),
        ("/etc/passwd", "_etc_passwd"),
        ("C:\\x", "C__x"),
        ("a\nb\x7f.txt", "a_b_.txt"),
        ("gpj.\u202eexe", "gpj._exe"),
        ("con.txt", "_con.txt"),
        ("console.txt", "console.txt"),
        ("name. ", "name"),
        ("..", "file"),
        (" ", "file"),
        ("", "file"),
    ],
)
def test_replaces_unsafe_characters(label, name):
    assert names(label) == [name]


def test_names_are_unique_regardless_of_case():
    assert names("a.txt", "A.TXT", "a.txt", "a (2).txt") == [
        "a.txt",
        "A (2).TXT",
        "a (3).txt",
        "a (2) (2).txt",
    ]


def test_normalizes_unicode():
    assert len({name.casefold() for name in names("e\u0301.txt", "\u00e9.txt")}) == 2


def test_truncates_long_names_before_the_extension():
    first, second = names("ü" * 250 + ".txt", "ü" * 250 + ".txt")
    assert first.endswith("ü.txt")
    assert second.endswith("ü (2).txt")
    assert len(second.encode()) < 255


def test_ten_thousand_equal_names_are_fast():
    assert len(set(names(*["a.txt"] * 10_000))) == 10_000
