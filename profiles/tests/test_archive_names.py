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
def test_a_name_is_as_like_the_label_as_it_can_safely_be(label, name):
    assert names(label) == [name]


def test_no_name_is_there_twice_be_it_in_other_capitals():
    assert names("a.txt", "A.TXT", "a.txt", "a (2).txt") == [
        "a.txt",
        "A (2).TXT",
        "a (3).txt",
        "a (2) (2).txt",
    ]


def test_one_letter_written_in_two_ways_is_one_name():
    assert len({name.casefold() for name in names("e\u0301.txt", "\u00e9.txt")}) == 2


def test_a_long_name_keeps_its_extension_and_fits_a_file_system():
    first, second = names("ü" * 250 + ".txt", "ü" * 250 + ".txt")
    assert first.endswith("ü.txt")
    assert second.endswith("ü (2).txt")
    assert len(second.encode()) < 255


def test_ten_thousand_of_the_same_name_take_no_time():
    assert len(set(names(*["a.txt"] * 10_000))) == 10_000
