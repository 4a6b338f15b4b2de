from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.backends.base import UpdateError
from django.utils import timezone

from accounts.models import Session
from accounts.sessions import SessionStore
from accounts.tests.people import make_user

pytestmark = pytest.mark.django_db


def make_session(**data):
    session = SessionStore()
    session.update(data)
    session.save()
    return session


def make_session_of(user):
    return make_session(_auth_user_id=str(user.pk))


def test_loads_session_and_user_with_one_statement(django_assert_num_queries):
    user = make_user()
    session = SessionStore(make_session_of(user).session_key)
    with django_assert_num_queries(1):
        assert session["_auth_user_id"] == str(user.pk)
        assert session.user == user
        assert session.user.name == "Ada Lovelace"


def test_saves_a_change_with_one_statement(django_assert_num_queries):
    session = SessionStore(make_session(colour="red").session_key)
    session["colour"] = "blue"
    with django_assert_num_queries(1):
        session.save()
    assert SessionStore(session.session_key)["colour"] == "blue"


def test_change_keeps_primary_key_and_creation_time():
    session = make_session(colour="red")
    before = Session.objects.get()
    session["colour"] = "blue"
    session.save()
    after = Session.objects.get()
    assert (after.pk, after.created_at) == (before.pk, before.created_at)


def test_saves_user_with_data():
    user = make_user()
    session = make_session()
    session["_auth_user_id"] = str(user.pk)
    session.save()
    assert user.sessions.get().session_key == session.session_key
    del session["_auth_user_id"]
    session.save()
    assert Session.objects.get().user is None


def test_expired_session_is_empty_and_anonymous():
    key = make_session_of(make_user()).session_key
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    session = SessionStore(key)
    assert "_auth_user_id" not in session
    assert session.user is None


def test_does_not_adopt_unknown_key():
    session = SessionStore("chosenbythevisitor00000000000000")
    session["colour"] = "red"
    session.save()
    assert session.session_key != "chosenbythevisitor00000000000000"
    assert Session.objects.get().session_key == session.session_key


@pytest.mark.parametrize(
    "cookie", [r'"\000abcdefghijklmnop"', "anything", "A" * 32, "a" * 31, "a" * 33, "é" * 32]
)
def test_invalid_key_runs_no_statement(client, cookie, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/", headers={"Cookie": f"sessionid={cookie}"})
    assert response.status_code == 200


def test_does_not_recreate_deleted_session():
    session = make_session(colour="red")
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()


def test_cycle_key_keeps_data_and_user():
    user = make_user()
    session = make_session_of(user)
    old = session.session_key
    session.cycle_key()
    session.save()
    assert session.session_key != old
    assert [row.session_key for row in user.sessions.all()] == [session.session_key]


def test_flush_clears_data_user_and_row():
    user = make_user()
    session = SessionStore(make_session_of(user).session_key)
    session.load()
    assert session.user == user
    session.flush()
    assert (session.user, session.is_empty(), Session.objects.count()) == (None, True, 0)


def test_drops_tampered_data():
    session = make_session(colour="red")
    Session.objects.update(session_data="colour=blue")
    assert SessionStore(session.session_key).get("colour") is None


def test_clear_expired_keeps_live_sessions():
    live, dead = make_session(), make_session()
    Session.objects.filter(session_key=dead.session_key).update(
        expire_date=timezone.now() - timedelta(seconds=1)
    )
    SessionStore.clear_expired()
    assert Session.objects.get().session_key == live.session_key


def test_deleting_a_user_deletes_their_sessions():
    user = make_user()
    make_session_of(user)
    user.delete()
    assert not Session.objects.exists()


def test_string_and_primary_key_hide_session_key():
    key = make_session_of(make_user()).session_key
    session = Session.objects.get()
    assert key not in str(session)
    assert session.pk != key


def test_works_in_coroutines():
    user = make_user()
    session = make_session_of(user)

    async def change():
        again = SessionStore(session.session_key)
        await again.aset("colour", "red")
        await again.asave()
        return again.user

    assert async_to_sync(change)() == user
    assert SessionStore(session.session_key)["colour"] == "red"


KEY = "a" * 32


def save(data, days=1):
    return Session.objects.save(KEY, data, timezone.now() + timedelta(days=days))


def test_manager_saves_session_under_its_key():
    user = make_user()
    session = save({"_auth_user_id": str(user.pk), "colour": "red"})
    assert SessionStore(KEY)["colour"] == "red"
    assert user.sessions.get() == session
    assert session.get_decoded()["colour"] == "red"


def test_manager_updates_existing_session():
    before = save({"colour": "red"})
    after = save({"colour": "blue"}, days=2)
    assert Session.objects.get() == before == after
    assert after.expire_date > before.expire_date
    assert SessionStore(KEY)["colour"] == "blue"


def test_manager_deletes_session_without_data():
    save({"colour": "red"})
    save({})
    save({})
    assert not Session.objects.exists()
