from datetime import UTC, datetime

import pytest
from babel.localedata import locale_identifiers
from django.template import Context, Template

from config.lib.local_formats import local_datetime, local_formats, local_number, local_size

MOMENT = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)


def normalize_spaces(text):
    """Replace the narrow and non-breaking spaces of some locales."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("zone", "locale", "text"),
    [
        ("UTC", "en", "Nov 23, 2026, 4:05 PM"),
        ("Europe/Berlin", "de", "23.11.2026, 17:05"),
        ("Asia/Kolkata", "en-IN", "23 Nov 2026, 9:35 pm"),
        ("Pacific/Auckland", "fr", "24 nov. 2026, 05:05"),
    ],
)
def test_formats_a_time_in_its_zone_and_locale(zone, locale, text):
    with local_formats(zone, locale):
        assert normalize_spaces(local_datetime(MOMENT)) == text


def test_defaults_to_utc_and_english():
    assert normalize_spaces(local_datetime(MOMENT)) == "Nov 23, 2026, 4:05 PM"


@pytest.mark.parametrize(
    ("locale", "text"),
    [("en", "1,234,567.9"), ("de", "1.234.567,9"), ("fr", "1 234 567,9"), ("hi", "12,34,567.9")],
)
def test_formats_a_number_in_its_locale(locale, text):
    with local_formats("UTC", locale):
        assert normalize_spaces(local_number(1_234_567.89)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 KB"),
        (1_250_000, "1.2 MB"),
        (5_000_000, "5 MB"),
        (2 * 10**15, "2,000 TB"),
    ],
)
def test_formats_a_size_in_the_largest_unit(count, text):
    assert local_size(count) == text


def test_rounds_up_to_the_next_unit():
    assert local_size(999_960) == "1 MB"


def test_an_error_restores_the_defaults():
    with pytest.raises(RuntimeError), local_formats("Asia/Tokyo", "ja"):
        raise RuntimeError
    assert normalize_spaces(local_datetime(MOMENT)) == "Nov 23, 2026, 4:05 PM"


def test_template_filters_give_the_same_text():
    text = "{% load local_formats %}{{ t|local_datetime }}|{{ n|local_number }}|{{ n|local_size }}"
    with local_formats("Europe/Berlin", "de"):
        text = Template(text).render(Context({"t": MOMENT, "n": 1500}))
    assert normalize_spaces(text) == "23.11.2026, 17:05|1.500|1,5 KB"


def test_every_tenth_locale_formats_times_and_sizes():
    for locale in locale_identifiers()[::10]:
        with local_formats("Asia/Tokyo", locale.replace("_", "-")):
            assert not set("{}'") & set(local_datetime(MOMENT))
            assert local_size(1_250_000).rstrip("\u2069").endswith(" MB")


def test_no_locale_shows_a_month_placeholder():
    for locale in locale_identifiers():
        with local_formats("UTC", locale.replace("_", "-")):
            assert "M11" not in local_datetime(MOMENT), locale


def test_isolates_right_to_left_text():
    for locale in ("ar", "fa", "he", "ur"):
        with local_formats("UTC", locale):
            for text in (local_datetime(MOMENT), local_number(1.5), local_size(1500)):
                assert (text[0], text[-1]) == ("\u2068", "\u2069")
