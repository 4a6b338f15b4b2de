import uuid

import boto3
import pytest
from moto.server import ThreadedMotoServer

from accounts.tests.people import make_user
from files import storage_settings


@pytest.fixture
def ada():
    return make_user()


@pytest.fixture
def member(client, ada):
    """A browser in which Ada is signed in."""
    client.force_login(ada)
    return client


def use(settings, uploads):
    settings.STORAGES = settings.STORAGES | {"default": uploads}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Give every test its own folder."""
    use(settings, storage_settings.build_storage(tmp_path / "files", ""))
    return tmp_path / "files"


@pytest.fixture(scope="session")
def s3_endpoint():
    """The URL of a local server with the S3 API."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(settings, s3_endpoint):
    """Give the test its own bucket."""
    name = f"test-{uuid.uuid4()}"
    access = {"region": "us-east-1", "key_id": "someone", "secret": "something"}
    client = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name=access["region"],
        aws_access_key_id=access["key_id"],
        aws_secret_access_key=access["secret"],
    )
    client.create_bucket(Bucket=name)
    client.close()
    use(settings, storage_settings.build_storage(None, name, endpoint=s3_endpoint, **access))
    return name


@pytest.fixture(params=["folder", "bucket"])
def store(request):
    """Run the test with a folder and with a bucket."""
    request.getfixturevalue(request.param)
    return request.param


@pytest.fixture
def open_uploads(signed_in_page):
    """Open the page of a user without files, for example on a phone: `viewport=PHONE`."""
    from files.tests.uploads_page import Uploads  # with Playwright, which few tests need

    def open_uploads(**options):
        return Uploads(signed_in_page(make_user(), **options))

    return open_uploads
