import pytest

from profiles.fields import LocaleField, ZoneField
from profiles.timezones import list_locales, list_zones


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("New York", "America/New_York"),
        (" new york ", "America/New_York"),
        ("New York, America", "America/New_York"),
        ("Berlin", "Europe/Berlin"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("europe/london", "Europe/London"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("Etc/GMT-5", "Etc/GMT-5"),
        ("utc", "UTC"),
        ("Atlantis", "Atlantis"),
    ],
)
def test_finds_a_zone_by_its_city(typed, zone):
    assert ZoneField().clean(typed) == zone


@pytest.mark.parametrize(
    ("typed", "locale"),
    [
        ("English (United States)", "en-US"),
        ("english united states", "en-US"),
        ("en_US", "en-US"),
        ("EN-gb", "en-GB"),
        ("German", "de"),
        ("Deutsch (Schweiz)", "de-CH"),
        ("Klingon", "Klingon"),
    ],
)
def test_finds_a_locale_by_its_name(typed, locale):
    assert LocaleField().clean(typed) == locale


def test_finds_every_zone_and_locale_by_its_own_name():
    assert [zone for zone in list_zones() if ZoneField().clean(zone) != zone] == []
    assert [tag for tag in list_locales() if LocaleField().clean(tag) != tag] == []
