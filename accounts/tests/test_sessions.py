from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.backends.base import UpdateError
from django.utils import timezone

from accounts.models import Session
from accounts.sessions import SessionStore
from accounts.tests.people import make_user

pytestmark = pytest.mark.django_db


def stored(**data):
    session = SessionStore()
    session.update(data)
    session.save()
    return session


def stored_of(user):
    return stored(_auth_user_id=str(user.pk))


def test_one_statement_loads_session_and_user(django_assert_num_queries):
    user = make_user()
    session = SessionStore(stored_of(user).session_key)
    with django_assert_num_queries(1):
        assert session["_auth_user_id"] == str(user.pk)
        assert session.user == user
        assert session.user.name == "Ada Lovelace"


def test_a_change_is_one_statement(django_assert_num_queries):
    session = SessionStore(stored(colour="red").session_key)
    session["colour"] = "blue"
    with django_assert_num_queries(1):
        session.save()
    assert SessionStore(session.session_key)["colour"] == "blue"


def test_a_change_keeps_key_and_birth():
    session = stored(colour="red")
    before = Session.objects.get()
    session["colour"] = "blue"
    session.save()
    after = Session.objects.get()
    assert (after.pk, after.created_at) == (before.pk, before.created_at)


def test_the_user_is_written_with_the_data():
    user = make_user()
    session = stored()
    session["_auth_user_id"] = str(user.pk)
    session.save()
    assert user.sessions.get().session_key == session.session_key
    del session["_auth_user_id"]
    session.save()
    assert Session.objects.get().user is None


def test_an_expired_session_is_empty_and_nobody_s():
    key = stored_of(make_user()).session_key
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    session = SessionStore(key)
    assert "_auth_user_id" not in session
    assert session.user is None


def test_an_unknown_key_is_not_taken_over():
    session = SessionStore("chosenbythevisitor00000000000000")
    session["colour"] = "red"
    session.save()
    assert session.session_key != "chosenbythevisitor00000000000000"
    assert Session.objects.get().session_key == session.session_key


@pytest.mark.parametrize(
    "cookie", [r'"\000abcdefghijklmnop"', "anything", "A" * 32, "a" * 31, "a" * 33, "é" * 32]
)
def test_what_cannot_be_a_key_is_none_without_a_statement(
    client, cookie, django_assert_num_queries
):
    with django_assert_num_queries(0):
        answer = client.get("/", headers={"Cookie": f"sessionid={cookie}"})
    assert answer.status_code == 200


def test_a_session_that_was_deleted_meanwhile_is_not_written():
    session = stored(colour="red")
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()


def test_a_new_key_keeps_data_and_user():
    user = make_user()
    session = stored_of(user)
    old = session.session_key
    session.cycle_key()
    session.save()
    assert session.session_key != old
    assert [row.session_key for row in user.sessions.all()] == [session.session_key]


def test_flushing_forgets_data_user_and_row():
    user = make_user()
    session = SessionStore(stored_of(user).session_key)
    session.load()
    assert session.user == user
    session.flush()
    assert (session.user, session.is_empty(), Session.objects.count()) == (None, True, 0)


def test_data_that_was_tampered_with_is_dropped():
    session = stored(colour="red")
    Session.objects.update(session_data="colour=blue")
    assert SessionStore(session.session_key).get("colour") is None


def test_clear_expired_leaves_the_live_ones():
    live, dead = stored(), stored()
    Session.objects.filter(session_key=dead.session_key).update(
        expire_date=timezone.now() - timedelta(seconds=1)
    )
    SessionStore.clear_expired()
    assert Session.objects.get().session_key == live.session_key


def test_the_sessions_of_a_deleted_person_go_too():
    user = make_user()
    stored_of(user)
    user.delete()
    assert not Session.objects.exists()


def test_the_administration_never_gets_to_see_the_key():
    key = stored_of(make_user()).session_key
    session = Session.objects.get()
    assert key not in str(session)
    assert session.pk != key


def test_works_in_coroutines_too():
    user = make_user()
    session = stored_of(user)

    async def change():
        again = SessionStore(session.session_key)
        await again.aset("colour", "red")
        await again.asave()
        return again.user

    assert async_to_sync(change)() == user
    assert SessionStore(session.session_key)["colour"] == "red"


KEY = "a" * 32


def saved(data, days=1):
    return Session.objects.save(KEY, data, timezone.now() + timedelta(days=days))


def test_the_manager_saves_a_session_under_its_key():
    user = make_user()
    session = saved({"_auth_user_id": str(user.pk), "colour": "red"})
    assert SessionStore(KEY)["colour"] == "red"
    assert user.sessions.get() == session
    assert session.get_decoded()["colour"] == "red"


def test_the_manager_saves_it_again_in_the_same_row():
    before = saved({"colour": "red"})
    after = saved({"colour": "blue"}, days=2)
    assert Session.objects.get() == before == after
    assert after.expire_date > before.expire_date
    assert SessionStore(KEY)["colour"] == "blue"


def test_the_manager_removes_a_session_without_data():
    saved({"colour": "red"})
    saved({})
    saved({})
    assert not Session.objects.exists()
