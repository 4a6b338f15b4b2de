"""Storage in a bucket: signed URLs and unreachable servers."""

import subprocess
import sys
import time
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from django.conf import settings as project
from django.core.files.storage import default_storage

from config.tests.processes import free_port
from files import objects, storage_settings
from files.tests.conftest import use
from files.tests.consistency import assert_consistent
from files.tests.content import make_image, make_upload, upload_file
from files.trash import delete_for_good
from files.uploads import upload

pytestmark = pytest.mark.django_db(transaction=True)


def get_signed_url(client, file):
    response = client.get(f"/api/files/{file.pk}/download")
    assert response.status_code == 302
    assert response.headers["Cache-Control"] == "private, no-store"
    return response.headers["Location"]


def request_head(file):
    client = default_storage.connection.meta.client
    return client.head_object(Bucket=default_storage.bucket_name, Key=file.object_id)


def test_download_redirects_to_a_signed_url(bucket, client, user):
    file = upload_file(user, "Grüße.csv", b"a,b\n")
    with urlopen(get_signed_url(client, file)) as response:  # noqa: S310  the site made the URL
        assert response.read() == b"a,b\n"
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        disposition = response.headers["Content-Disposition"]
    assert disposition == "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.csv"


def test_signed_url_expires_after_minutes(bucket, client, user):
    query = parse_qs(urlsplit(get_signed_url(client, upload_file(user))).query)
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-SignedHeaders"] == ["host"]


def test_url_without_signature_is_refused(bucket, client, user):
    url = get_signed_url(client, upload_file(user))
    with pytest.raises(HTTPError) as caught:
        urlopen(url.partition("?")[0])  # noqa: S310  the site made the URL
    with caught.value as response:
        assert response.code == 403


@pytest.mark.parametrize("size", [6, storage_settings.MAX_MEMORY_BYTES + 1])
def test_private_bucket_is_served_by_the_site(bucket, client, user, settings, size):
    settings.S3_DOWNLOADS = "site"
    response = client.get(f"/api/files/{upload_file(user, content=b'a' * size).pk}/download")
    assert response.status_code == 200
    assert response.headers["Content-Length"] == str(size)
    assert b"".join(response.streaming_content) == b"a" * size


@pytest.mark.parametrize("way", ["signed", "site"])
def test_missing_object_is_404_and_logged(bucket, client, user, settings, caplog, way):
    settings.S3_DOWNLOADS = way
    file = upload_file(user)
    default_storage.delete(file.object_id)
    assert client.get(f"/api/files/{file.pk}/download").status_code == 404
    assert f"{file.object_id} is missing in storage" in caplog.text


def test_bucket_does_not_get_the_client_s_type(bucket, user):
    file = upload(user, make_upload("a.html", b"<script>", "text/html"))
    assert request_head(file)["ContentType"] == "application/octet-stream"


def test_unreachable_server_fails_within_seconds(client, user, settings, caplog):
    access = {"region": "", "key_id": "someone", "secret": "something"}
    unreachable = f"http://127.0.0.1:{free_port()}"
    use(settings, storage_settings.build_storage(None, "bucket", endpoint=unreachable, **access))
    start = time.monotonic()
    response = client.post("/api/files/upload", {"file": make_upload()})
    assert time.monotonic() - start < 15
    assert (response.status_code, response.json()["code"]) == (503, "unavailable:storage")
    assert response.json()["message"] == objects.NOT_STORED
    assert "Could not connect to the endpoint" in caplog.text


def test_missing_bucket_is_named_in_the_log(user, settings, s3_endpoint, caplog):
    access = {"region": "us-east-1", "key_id": "someone", "secret": "something"}
    use(
        settings,
        storage_settings.build_storage(None, "no-such-bucket", endpoint=s3_endpoint, **access),
    )
    with pytest.raises(objects.StorageError):
        upload_file(user)
    assert "NoSuchBucket" in caplog.text


def test_lists_all_keys_in_order_page_by_page(bucket):
    client, sizes = default_storage.connection.meta.client, []
    keys = ["1", "2", "3", "4", "5"]
    for key in reversed(keys):
        client.put_object(Bucket=bucket, Key=key, Body=b"")
    events = client.meta.events
    events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: params | {"MaxKeys": 2}
    )
    events.register(
        "after-call.s3.ListObjectsV2", lambda parsed, **_: sizes.append(parsed["KeyCount"])
    )
    assert list(default_storage.list_keys()) == keys
    assert sizes == [2, 2, 1]


def test_deleted_file_is_removed_from_the_bucket(bucket, client, user):
    file = upload_file(user, content=make_image())
    user.files.trash()
    assert delete_for_good(user.files.deleted()) == 1
    assert not default_storage.exists(file.object_id)
    assert not default_storage.exists(file.thumbnail_id)
    assert_consistent()


def test_site_without_a_bucket_does_not_import_boto3():
    code = (
        "import django, sys; django.setup(); import config.urls; "
        "from django.core.files.storage import default_storage; default_storage.exists('a'); "
        "sys.exit(bool({'boto3', 'botocore', 'storages'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project.BASE_DIR, check=False)
    assert done.returncode == 0
