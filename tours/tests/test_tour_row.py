"""A person's own row, of which the tour's is one: defaults until something is stored."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.models import Session, User
from accounts.tests.people import make_user
from tours.models import Tour


@pytest.mark.django_db
def test_a_person_without_a_row_has_the_defaults(django_assert_num_queries):
    user = make_user()
    assert Tour.of(user).answered is False
    assert Tour.of(user).user == user
    assert not Tour.objects.exists()


def test_the_row_comes_with_the_session(member, ada, django_assert_num_queries):
    Tour.of(ada).store(answered=True)
    with django_assert_num_queries(1):
        session = Session.objects.get()
        assert Tour.of(session.user).answered is True


def test_that_there_is_none_comes_with_the_session_too(member, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert Tour.of(Session.objects.get().user).answered is False


@pytest.mark.django_db
def test_what_is_stored_is_there_at_once_and_later():
    user = make_user()
    Tour.of(user).store(answered=True)
    assert Tour.of(user).answered is True
    assert Tour.of(User.objects.get()).answered is True


@pytest.mark.django_db
def test_storing_costs_one_statement_where_the_row_exists(django_assert_num_queries):
    user = make_user()
    Tour.of(user).store(answered=True)
    with django_assert_num_queries(1):
        Tour.of(user).store(answered=False)
    assert Tour.objects.get().answered is False


@pytest.mark.django_db
def test_storing_touches_one_person():
    ada, bob = make_user(), make_user(email="bob@example.org")
    Tour.of(ada).store(answered=False)
    Tour.of(bob).store(answered=True)
    assert Tour.objects.get(user=ada).answered is False


@pytest.mark.django_db(transaction=True)
def test_two_at_once_store_a_first_row_without_a_fault(monkeypatch):
    user, both = make_user(), Barrier(2, timeout=10)
    create = QuerySet.create

    def create_together(rows, **values):
        both.wait()
        return create(rows, **values)

    def store(answered):
        Tour.of(User.objects.get()).store(answered=answered)
        connection.close()

    monkeypatch.setattr(QuerySet, "create", create_together)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(store, [True, True]))
    assert Tour.objects.get().user == user
    assert Tour.objects.get().answered is True
