"""Two regions, 40 ms from each other: Frankfurt has the primary, New York a standby."""

import json
import statistics

import pytest

from config.database.tests.faults.regions import DELAY, open_region
from config.database.tests.faults.replicas import (
    add_cookie,
    get_profile,
    pause_replay,
    wait_for_replica,
)
from config.tests.processes import wait_until

pytestmark = pytest.mark.faults

ROUND_TRIP = 2 * DELAY


@pytest.fixture(scope="module")
def region(replica_site, replica_people, tmp_path_factory):
    with open_region(replica_site, tmp_path_factory.mktemp("fra")) as region:
        yield region


@pytest.fixture
def ada(region, replica_people):
    wait_for_replica(region, replica_people[0])
    return replica_people[0]


def read(region, person, written=""):
    return region.send("GET", "/api/profile", add_cookie(person.headers, written))


def write(region, person, bio="new"):
    return region.send("PATCH", "/api/profile", person.headers, json.dumps({"bio": bio}))


def get_median(replies):
    assert {reply.status for reply in replies} == {200}
    return statistics.median(reply.seconds for reply in replies)


def test_reads_are_answered_in_the_region(region, ada, record_property):
    here = get_median([read(region, ada) for _ in range(100)])
    # A position that nobody can have reached, as if there was no replica.
    far = get_median([read(region, ada, "never") for _ in range(15)])
    record_property("GET, ms", f"{1000 * here:.1f}")
    record_property("without the replica, ms", f"{1000 * far:.1f}")
    assert here < 0.010
    assert far > ROUND_TRIP


WAYS = [("pool", "nyc", 4), ("proxy", "fra", 1)]


@pytest.mark.parametrize(("way", "where", "trips"), WAYS, ids=["pool", "proxy"])
def test_a_write_takes_few_round_trips(region, ada, way, where, trips, record_property):
    region.choose_writes(way)
    write(region, ada)
    replies = [write(region, ada) for _ in range(15)]
    taken = get_median(replies)
    record_property("ms", f"{1000 * taken:.1f}")
    assert {reply.region for reply in replies} == {where}
    assert taken // ROUND_TRIP <= trips


def test_a_write_elsewhere_is_read_at_once(region, ada, replica_site):
    region.choose_writes("proxy")
    with pause_replay(replica_site):
        reply = write(region, ada, "from Frankfurt")
        assert (reply.status, reply.region) == (200, "fra")
        mine = get_profile(region, ada, reply.written)
        assert (json.loads(mine.body)["bio"], mine.pool) == ("from Frankfurt", "web")
        assert json.loads(get_profile(region, ada).body)["bio"] != "from Frankfurt"


@pytest.mark.parametrize(("way", "longest"), [("pool", 19), ("proxy", 8)])
def test_reading_goes_on_while_cut_apart(region, ada, way, longest, record_property):
    region.choose_writes(way)
    with region.distance.cut():
        lost = write(region, ada, "lost")
        record_property("refused after, s", f"{lost.seconds:.1f}")
        assert (lost.status, lost.seconds < longest) == (503, True)
        assert {read(region, ada).status for _ in range(20)} == {200}
        assert get_profile(region, ada).pool == "read1"
        assert "read-only for the moment" in region.send("GET", "/", ada.headers).body
    wait_until(lambda: write(region, ada, "kept").status == 200, 20, "writes succeed")
    wait_for_replica(region, ada)
