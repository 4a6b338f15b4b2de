import pytest

from accounts.tests.people import make_user


@pytest.fixture
def ada(db):
    return make_user()


@pytest.fixture
def member(client, ada):
    client.force_login(ada)
    return client
