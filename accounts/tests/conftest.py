import pytest
from django.test import Client


@pytest.fixture
def client_of_bob():
    """A second browser."""
    return Client()
