import pytest
from django.core.exceptions import ValidationError

from profiles.models import Profile
from profiles.timezones import list_locales, list_zones, validate_locale, validate_zone


def test_zones_are_the_system_s_zones():
    assert {"Europe/Berlin", "Asia/Calcutta", "UTC"} <= set(list_zones())
    assert not {"localtime", "Factory"} & set(list_zones())


def test_locales_are_sorted_by_name():
    assert list_locales()["de-CH"] == "German (Switzerland)"
    assert list(list_locales().values()) == sorted(list_locales().values())


def test_zones_and_locales_fit_their_columns():
    columns = {name: Profile._meta.get_field(name).max_length for name in ("timezone", "locale")}
    assert max(map(len, list_zones())) <= columns["timezone"]
    assert max(map(len, list_locales())) <= columns["locale"]


@pytest.mark.parametrize("value", ["Berlin", "europe/berlin", "localtime", "../etc/passwd", ""])
def test_rejects_unknown_zone(value):
    with pytest.raises(ValidationError):
        validate_zone(value)


@pytest.mark.parametrize("value", ["en_GB", "EN", "xx", "x" * 1000, ""])
def test_rejects_unknown_locale(value):
    with pytest.raises(ValidationError):
        validate_locale(value)
