"""Reading and validating the catalogue's file."""

import io
import json
import time

import pytest

from onboarding.catalogue import CatalogueError, read_records
from onboarding.seeding import DEFAULT_FILE

GOOD = {"slug": "tax", "name": "Tax", "description": "Counts.", "prompt": "Count."}


def error_of(content):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(CatalogueError) as caught:
        list(read_records(io.BytesIO(data)))
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_reads_records_in_order():
    records = [GOOD, GOOD | {"slug": "law", "is_active": False}]
    assert list(read_records(io.BytesIO(json.dumps(records).encode()))) == records


def test_empty_array_has_no_records():
    assert list(read_records(io.BytesIO(b" [ ] "))) == []


def test_ignores_a_byte_order_mark():
    assert list(read_records(io.BytesIO(json.dumps([GOOD]).encode("utf-8-sig")))) == [GOOD]


def test_byte_order_mark_alone_is_an_empty_file():
    assert error_of(b"\xef\xbb\xbf").startswith(
        "record 1: not JSON in UTF-8 (parse error: premature"
    )


@pytest.mark.parametrize(
    "tail", [b"x" * 20_000_000, b"\\u00e9" * 3_000_000, b'", "a": ' + b" " * 20_000_000]
)
def test_rejects_an_endless_record_early(tail):
    content = json.dumps([GOOD]).encode()[:-1] + b', {"slug": "' + tail
    begun = time.process_time()
    assert error_of(content) == "record 2: longer than 500,000 bytes"
    assert time.process_time() - begun < 2


def test_accepts_a_long_record():
    record = GOOD | {"prompt": "x" * 400_000}
    assert error_of([GOOD, record]).startswith("record 2 ('tax'): prompt: Ensure this value has at")


def test_project_has_five_experts():
    with DEFAULT_FILE.open("rb") as file:
        records = list(read_records(file))
    assert [record["slug"] for record in records] == ["tech", "law", "tax", "hr", "design"]
    assert all(len(str(record["prompt"])) > 500 for record in records)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (GOOD | {"name": 7}, "record 1 ('tax'): name: give text, not 7"),
        (GOOD | {"name": None}, "record 1 ('tax'): name: give text, not None"),
        (GOOD | {"name": True}, "record 1 ('tax'): name: give text, not True"),
        (
            GOOD | {"is_active": "false"},
            "record 1 ('tax'): is_active: give true or false, not 'false'",
        ),
        (GOOD | {"is_active": 1}, "record 1 ('tax'): is_active: give true or false, not 1"),
        (GOOD | {"role": "admin"}, "record 1 ('tax'): unknown field 'role'"),
        (GOOD | {"id": 1}, "record 1 ('tax'): unknown field 'id'"),
        ({"slug": "tax", "name": "Tax", "prompt": "."}, "record 1 ('tax'): description is missing"),
        ({}, "record 1: description is missing"),
        (GOOD | {"name": ""}, "record 1 ('tax'): name: This field cannot be blank."),
        (GOOD | {"name": " "}, "record 1 ('tax'): name: This field cannot be blank."),
        (GOOD | {"prompt": "\0"}, "record 1 ('tax'): prompt: Null characters are not allowed."),
        (GOOD | {"prompt": "\ud800"}, "record 1 ('tax'): prompt: a lone surrogate or U+FFFF"),
        (GOOD | {"slug": "\udfff"}, r"record 1 ('\uffff'): slug: a lone surrogate or U+FFFF"),
        (GOOD | {"name": ["Tax"]}, "record 1 ('tax'): 'name': lists and objects "),
        (GOOD | {"name": {"en": "Tax"}}, "record 1 ('tax'): 'name': lists and objects "),
        (7, "record 1: not an object"),
        (None, "record 1: not an object"),
        ([], "record 1: not an object"),
    ],
)
def test_error_names_record_and_reason(record, reason):
    assert error_of([record]).startswith(reason)


def test_records_are_numbered_from_one():
    records = [GOOD, GOOD | {"slug": "law"}, GOOD | {"slug": "Bad Slug"}]
    assert error_of(records).startswith("record 3 ('Bad Slug'): slug: ")


def test_rejects_a_repeated_slug():
    assert error_of([GOOD, GOOD]) == "record 2 ('tax'): slug: used by an earlier record"


def test_rejects_a_repeated_field():
    assert (
        error_of(b'[{"slug": "tax", "slug": "law"}]') == "record 1 ('tax'): 'slug' is given twice"
    )


@pytest.mark.parametrize("content", [{"item": GOOD}, "text", 7, None])
def test_rejects_anything_but_an_array(content):
    assert error_of(content) == "the file is not a JSON array of experts"


@pytest.mark.parametrize(
    "ending",
    [b"", b"]]", b"] []", b", {", b", x", b', "\xff"]', b", " + b"1" * 5000 + b"]"],
)
def test_rejects_invalid_json_where_it_starts(ending):
    assert error_of(b"[" + json.dumps(GOOD).encode() + ending).startswith("record 2: not ")


def test_rejects_an_empty_file():
    assert error_of(b"").startswith("record 1: not JSON in UTF-8 (parse error: premature EOF")


def test_rejects_other_encodings():
    assert error_of(json.dumps([GOOD]).encode("utf-16")).startswith("record 1: not JSON in UTF-8")


def test_rejects_nested_lists_before_they_fill_the_memory():
    assert error_of(b"[" * 100_000) == "record 1: not an object"


def test_error_message_stays_short():
    assert len(error_of([GOOD | {"slug": "x" * 9999, "name": 7}])) < 200
