"""No page and no GET of the API has to leave a replica."""

import pytest
from django.conf import settings
from django.db import connection

from config.database.replicas.reading import Reading
from config.database.replicas.servers import Replica
from config.database.replicas.state import PrimaryState
from config.tests.test_statements import Person

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def find_leaving(person):
    """Return the URLs whose GET does anything but read. The jobs pool stands in for a replica's."""
    leaving = set()
    for url in person.list_urls():
        reading = Reading(Replica(settings.POOLS["jobs"], PrimaryState()), 0)
        with connection.execute_wrapper(reading.execute):
            person.client.get(url).close()
        if reading.replica is None:
            leaving.add(url)
    return leaving


@pytest.mark.parametrize("is_newcomer", [False, True], ids=["user", "newcomer"])
def test_no_get_leaves_a_replica(is_newcomer):
    assert find_leaving(Person(30, newcomer=is_newcomer)) == set()
