import pytest

from config.mail.tests.server import MailServer


@pytest.fixture
def mail_server():
    with MailServer() as server:
        yield server
