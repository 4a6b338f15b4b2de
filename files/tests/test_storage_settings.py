"""The STORAGES entry of what people upload."""

from pathlib import Path

from files.storage_settings import MAX_OBJECT_BYTES, build_storage

ACCESS = {"endpoint": "https://s3.example", "region": "eu", "key_id": "key", "secret": "secret"}
NO_ACCESS = dict.fromkeys(ACCESS, "")


def test_without_a_bucket_it_is_a_folder_for_the_site_alone():
    entry = build_storage(Path("/srv/files"), "", **ACCESS)
    assert entry["BACKEND"] == "files.storage.Folder"
    assert entry["OPTIONS"] == {
        "location": Path("/srv/files"),
        "base_url": None,
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    }


def test_a_bucket_gets_what_the_environment_says():
    entry = build_storage(Path("/srv/files"), "bucket", **ACCESS)
    options = entry["OPTIONS"]
    assert entry["BACKEND"] == "files.bucket.Bucket"
    assert [options[name] for name in ("bucket_name", "endpoint_url", "region_name")] == [
        "bucket",
        "https://s3.example",
        "eu",
    ]
    assert (options["access_key"], options["secret_key"]) == ("key", "secret")


def test_what_is_not_said_is_left_to_boto3():
    options = build_storage(Path("/srv/files"), "bucket", **NO_ACCESS)["OPTIONS"]
    for name in ("endpoint_url", "region_name", "access_key", "secret_key"):
        assert options[name] is None


def test_a_bucket_is_private_and_its_addresses_live_for_minutes():
    options = build_storage(Path("/srv/files"), "bucket", **NO_ACCESS)["OPTIONS"]
    assert (options["default_acl"], options["querystring_auth"]) == (None, True)
    assert options["querystring_expire"] == 300


def test_an_object_is_written_in_one_request_of_this_thread():
    transfer = build_storage(Path("/srv/files"), "bucket", **NO_ACCESS)["OPTIONS"][
        "transfer_config"
    ]
    assert (transfer.multipart_threshold, transfer.use_threads) == (MAX_OBJECT_BYTES, False)


def test_a_server_that_does_not_answer_is_not_waited_for_long():
    config = build_storage(Path("/srv/files"), "bucket", **NO_ACCESS)["OPTIONS"]["client_config"]
    assert (config.connect_timeout, config.read_timeout) == (5, 15)
    assert config.retries["max_attempts"] == 2
