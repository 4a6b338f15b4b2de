from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from accounts.tests.people import make_user
from config.database.cli import use_jobs_pool

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def test_deletes_only_expired_sessions(capsys):
    user = make_user()
    for _ in range(3):
        Client().force_login(user)
    live = Session.objects.first()
    Session.objects.exclude(pk=live.pk).update(expire_date=timezone.now() - timedelta(seconds=1))
    with use_jobs_pool():
        call_command("clear_sessions")
    assert capsys.readouterr().out == "2 expired sessions deleted.\n"
    assert Session.objects.get() == live
