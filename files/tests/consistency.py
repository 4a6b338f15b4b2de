"""Check that storage and database are consistent, and inject failures."""

from datetime import timedelta
from pathlib import Path

from django.core.files.storage import default_storage
from django.utils import timezone

from files import objects
from files.models import WRITE_PERIOD, File, StoredObject


class ProcessKilled(BaseException):
    """Stands for a killed process: no handler catches it."""


def stored_keys():
    return list(default_storage.list_keys())


def used_keys():
    rows = File.objects.values_list("object", "thumbnail")
    return sorted(key for keys in rows for key in keys if key)


def assert_consistent():
    """Check that each file has its objects and that there are no others."""
    rows = list(StoredObject.objects.order_by("pk").values_list("pk", flat=True))
    assert stored_keys() == rows == used_keys()


def remove_after_an_hour():
    """Let all pending objects become due, and remove them."""
    past = timezone.now() - timedelta(seconds=1)
    StoredObject.objects.filter(remove_after__lte=past + WRITE_PERIOD * 1.1).update(
        remove_after=past
    )
    assert objects.remove_due()[1] == []


class FailingCall:
    """Raise `fault` before or after a numbered call of the function at `target`."""

    def __init__(self, monkeypatch, target, fault, *, after=False, number=1):
        owner, name = target
        whole = getattr(owner, name)

        def broken(*args, **kwargs):
            self.calls += 1
            if self.calls == number and not after:
                raise fault
            result = whole(*args, **kwargs)
            if self.calls == number:
                raise fault
            return result

        self.calls, self.number = 0, number
        monkeypatch.setattr(owner, name, broken)

    @property
    def happened(self):
        return self.calls >= self.number


def write_half(storage, name, content):
    """Write half of the file, as on a full disk."""
    path = Path(storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.read()
    path.write_bytes(data[: len(data) // 2])
    raise OSError(28, "No space left on device")
