import pytest
from django.test import Client


@pytest.fixture
def client_of_bob():
    """Another browser, for what two visitors get to see."""
    return Client()
