import io
import json

import pytest

from onboarding.surrogates import SurrogateReplacer


class SlowFile(io.BytesIO):
    """A file that returns one byte at a time, as a pipe may."""

    def read(self, size=-1):
        return super().read(min(size, 1) if size >= 0 else 1)


def replace(data, file=io.BytesIO):
    source, parts = SurrogateReplacer(file(data)), []
    assert source.read(0) == b""
    while part := source.read(64):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("file", [io.BytesIO, SlowFile])
@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (rb'"\ud800"', "\uffff"),
        (rb'"\uDFFFx"', "\uffffx"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\ud83d\n"', "\uffff\n"),
        (rb'"\ud83d\u0041"', "\uffffA"),
        (rb'"\ud83d\ud83d\ude00"', "\uffff\U0001f600"),
        (rb'"\ude00\ud83d"', "\uffff\uffff"),
        (rb'"\\ud800"', r"\ud800"),
        (rb'"\\\ud800"', "\\\uffff"),
        (rb'"a\tb\u00e9"', "a\tbé"),
    ],
)
def test_marks_only_lone_surrogates(file, escaped, text):
    assert json.loads(replace(escaped, file)) == text


@pytest.mark.parametrize("end", [b"\\", b"\\u", b"\\ud8", b"\\ud800", b"\\ud800\\u"])
def test_passes_on_an_incomplete_escape_at_the_end(end):
    assert replace(b'"a' + end) == b'"a' + end


def test_removes_only_the_first_byte_order_mark():
    assert replace(b"\xef\xbb\xbf[\xef\xbb\xbf]") == b"[\xef\xbb\xbf]"
