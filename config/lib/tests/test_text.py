import pytest
from django.core.exceptions import ValidationError

from config.lib.text import plain_line, to_plain_line


@pytest.mark.parametrize(
    "text", ["a\0b", "a\nb", "a\x1b[31m", "a\x9fb", "\ud800", "a\u202eb", "\ufeff"]
)
def test_rejects_invisible_characters(text):
    with pytest.raises(ValidationError):
        plain_line(text)


def test_accepts_letters_of_any_script_and_emoji():
    plain_line("Zoë 李 می\u200cنو 👩\u200d💻")


def test_makes_one_line_of_any_text():
    assert to_plain_line(" a\r\n\tb\0c\u202etxt\ud800 ") == "a b ctxt"
    assert to_plain_line("\u3000a\u202fPM\u3000b\u00a0") == "a\u202fPM\u3000b"
