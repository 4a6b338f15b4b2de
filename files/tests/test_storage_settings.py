"""The STORAGES setting for uploads."""

from pathlib import Path

from files.storage_settings import MAX_OBJECT_BYTES, build_storage

ACCESS = {"endpoint": "https://s3.example", "region": "eu", "key_id": "key", "secret": "secret"}
NO_ACCESS = dict.fromkeys(ACCESS, "")


def test_folder_is_private_to_the_site():
    entry = build_storage(Path("/srv/files"), "", **ACCESS)
    assert entry["BACKEND"] == "files.storage.Folder"
    assert entry["OPTIONS"] == {
        "location": Path("/srv/files"),
        "base_url": None,
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    }


def test_bucket_gets_its_options():
    entry = build_storage(Path("/srv/files"), "bucket", **ACCESS)
    options = entry["OPTIONS"]
    assert entry["BACKEND"] == "files.bucket.Bucket"
    assert [options[name] for name in ("bucket_name", "endpoint_url", "region_name")] == [
        "bucket",
        "https://s3.example",
        "eu",
    ]
    assert (options["access_key"], options["secret_key"]) == ("key", "secret")


def test_empty_options_are_left_to_boto3():
    options = build_storage(Path("/srv/files"), "bucket", **NO_ACCESS)["OPTIONS"]
    for name in ("endpoint_url", "region_name", "access_key", "secret_key"):
        assert options[name] is None


def test_bucket_is_private_with_short_lived_urls():
    options = build_storage(Path("/srv/files"), "bucket", **NO_ACCESS)["OPTIONS"]
    assert (options["default_acl"], options["querystring_auth"]) == (None, True)
    assert options["querystring_expire"] == 300


def test_object_is_sent_in_one_request():
    transfer = build_storage(Path("/srv/files"), "bucket", **NO_ACCESS)["OPTIONS"][
        "transfer_config"
    ]
    assert (transfer.multipart_threshold, transfer.use_threads) == (MAX_OBJECT_BYTES, False)


def test_bucket_has_short_timeouts():
    config = build_storage(Path("/srv/files"), "bucket", **NO_ACCESS)["OPTIONS"]["client_config"]
    assert (config.connect_timeout, config.read_timeout) == (5, 15)
    assert config.retries["max_attempts"] == 2
