import pytest
from django.core.exceptions import ValidationError

from profiles.models import Profile
from profiles.timezones import list_locales, list_zones, validate_locale, validate_zone


def test_the_zones_are_those_of_the_system_that_name_a_place():
    assert {"Europe/Berlin", "Asia/Calcutta", "UTC"} <= set(list_zones())
    assert not {"localtime", "Factory"} & set(list_zones())


def test_the_locales_come_with_their_names_and_in_their_order():
    assert list_locales()["de-CH"] == "German (Switzerland)"
    assert list(list_locales().values()) == sorted(list_locales().values())


def test_every_zone_and_locale_fits_its_column():
    columns = {name: Profile._meta.get_field(name).max_length for name in ("timezone", "locale")}
    assert max(map(len, list_zones())) <= columns["timezone"]
    assert max(map(len, list_locales())) <= columns["locale"]


@pytest.mark.parametrize("value", ["Berlin", "europe/berlin", "localtime", "../etc/passwd", ""])
def test_no_zone(value):
    with pytest.raises(ValidationError):
        validate_zone(value)


@pytest.mark.parametrize("value", ["en_GB", "EN", "xx", "x" * 1000, ""])
def test_no_locale(value):
    with pytest.raises(ValidationError):
        validate_locale(value)
