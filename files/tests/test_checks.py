from files.checks import check_storage
from files.storage_settings import build_storage


def test_one_host_may_have_a_folder(settings):
    settings.HOSTS = 1
    assert check_storage(None) == []


def test_finds_a_folder_that_other_hosts_cannot_read(settings):
    settings.HOSTS = 2
    (message,) = check_storage(None)
    assert message.id == "files.E001"
    assert "HOSTS=2" in message.msg
    assert message.hint.startswith("Set S3_BUCKET")


def test_several_hosts_may_share_a_bucket(settings):
    access = {"endpoint": "", "region": "eu", "key_id": "", "secret": ""}
    settings.STORAGES = settings.STORAGES | {"default": build_storage(None, "bucket", **access)}
    settings.HOSTS = 2
    assert check_storage(None) == []
