"""What `--check` says of a generated file."""

import pytest

from config.lib.generated_files import get_state


@pytest.mark.parametrize(
    ("text", "mode", "state"),
    [
        ("same", 0o600, "up to date"),
        ("other", 0o600, "stale"),
        ("same", 0o640, "open to others"),
    ],
)
def test_compares_text_and_mode(tmp_path, text, mode, state):
    file = tmp_path / "web.ini"
    file.write_text(text)
    file.chmod(mode)
    assert get_state(file, "same") == state


def test_names_a_missing_file(tmp_path):
    assert get_state(tmp_path / "web.ini", "same") == "missing"


def test_names_the_reason_for_an_unreadable_file(tmp_path):
    assert get_state(tmp_path, "same") == "unreadable (Is a directory)"
