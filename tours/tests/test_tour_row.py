"""The user's tour row."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.models import Session, User
from accounts.tests.people import make_user
from tours.models import Tour


@pytest.mark.django_db
def test_user_without_row_has_defaults(django_assert_num_queries):
    user = make_user()
    assert Tour.for_user(user).answered is False
    assert Tour.for_user(user).user == user
    assert not Tour.objects.exists()


def test_session_statement_loads_row(member, ada, django_assert_num_queries):
    Tour.for_user(ada).store(answered=True)
    with django_assert_num_queries(1):
        session = Session.objects.get()
        assert Tour.for_user(session.user).answered is True


def test_session_statement_loads_missing_row(member, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert Tour.for_user(Session.objects.get().user).answered is False


@pytest.mark.django_db
def test_stored_value_is_visible_at_once():
    user = make_user()
    Tour.for_user(user).store(answered=True)
    assert Tour.for_user(user).answered is True
    assert Tour.for_user(User.objects.get()).answered is True


@pytest.mark.django_db
def test_store_runs_one_statement(django_assert_num_queries):
    user = make_user()
    Tour.for_user(user).store(answered=True)
    with django_assert_num_queries(1):
        Tour.for_user(user).store(answered=False)
    assert Tour.objects.get().answered is False


@pytest.mark.django_db
def test_store_changes_one_user():
    ada, bob = make_user(), make_user(email="bob@example.org")
    Tour.for_user(ada).store(answered=False)
    Tour.for_user(bob).store(answered=True)
    assert Tour.objects.get(user=ada).answered is False


@pytest.mark.django_db(transaction=True)
def test_concurrent_first_stores_succeed(monkeypatch):
    user, both = make_user(), Barrier(2, timeout=10)
    create = QuerySet.create

    def create_together(rows, **values):
        both.wait()
        return create(rows, **values)

    def store(answered):
        Tour.for_user(User.objects.get()).store(answered=answered)
        connection.close()

    monkeypatch.setattr(QuerySet, "create", create_together)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(store, [True, True]))
    assert Tour.objects.get().user == user
    assert Tour.objects.get().answered is True
