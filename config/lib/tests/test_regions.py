import pytest
from django.core.exceptions import ImproperlyConfigured

from config.lib.regions import Region

URL = "https://fra.example.com"


def make_region(**changes):
    values = {"name": "nyc", "primary": "fra", "writes": "proxy", "primary_url": URL}
    return Region(**values | changes)


def test_without_a_name_there_are_no_regions():
    region = Region()
    assert (region.is_secondary, region.forwards, region.replays) == (False, False, False)


@pytest.mark.parametrize(
    ("writes", "forwards", "replays"),
    [("pool", False, False), ("proxy", True, False), ("fly-replay", False, True)],
)
def test_only_a_secondary_region_sends_writes_away(writes, forwards, replays):
    region, primary = make_region(writes=writes), make_region(writes=writes, name="fra")
    assert (region.is_secondary, region.forwards, region.replays) == (True, forwards, replays)
    assert (primary.is_secondary, primary.forwards, primary.replays) == (False, False, False)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, "REGION and PRIMARY_REGION belong together"),
        ({"primary": ""}, "REGION and PRIMARY_REGION belong together"),
        ({"name": "New York"}, "REGION='New York' is not allowed: give lower-case letters"),
        ({"primary": 'f"'}, "PRIMARY_REGION='f\"' is not allowed"),
        ({"haproxy": False}, "REGION_WRITES='proxy' is not allowed: HAProxy does this"),
        ({"haproxy": False, "writes": "fly-replay"}, "REGION_WRITES='fly-replay' is not allowed"),
        ({"primary_url": ""}, "PRIMARY_URL='' is not allowed: give https://HOST"),
        ({"primary_url": "fra.example.com"}, "PRIMARY_URL='fra.example.com' is not allowed"),
        ({"primary_url": f"{URL}/x"}, "PRIMARY_URL='https://fra.example.com/x' is not allowed"),
        ({"primary_url": f"{URL}:0"}, "PRIMARY_URL='https://fra.example.com:0' is not allowed"),
        ({"primary_url": f"{URL}:a"}, "PRIMARY_URL='https://fra.example.com:a' is not allowed"),
        ({"writes": "pool", "primary_url": "nonsense"}, "PRIMARY_URL='nonsense' is not allowed"),
        ({"primary_url": "https://10.9.0.1"}, "give the host name that is in the certificate"),
    ],
)
def test_rejects_what_does_not_fit(changes, reason):
    with pytest.raises(ImproperlyConfigured, match=reason):
        make_region(**changes)


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"writes": "proxy"}, "REGION_WRITES"),
        ({"primary_url": "nonsense"}, "PRIMARY_URL"),
        ({"primary_ca": "/a.pem"}, "PRIMARY_CA"),
    ],
)
def test_rejects_what_has_no_effect_without_a_region(given, variable):
    reason = f"{variable} has no effect without REGION: give REGION and PRIMARY_REGION, or remove"
    with pytest.raises(ImproperlyConfigured, match=reason):
        Region(**given)


def test_the_primary_region_needs_no_url():
    assert not make_region(name="fra", primary_url="").forwards
