import pytest
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Session
from accounts.sessions import SessionStore
from accounts.tests.people import make_user
from config.database.lookup import Lookup
from onboarding.models import Expert, Preferences
from onboarding.tests.experts import make_expert

pytestmark = pytest.mark.django_db

BY_SLUG = Lookup(lambda slug: Expert.objects.filter(slug=slug))


def session_of(user):
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session.save()
    return Session.objects.get(session_key=session.session_key)


def values(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_row_is_found_by_its_key():
    expert = make_expert(slug="law")
    make_expert(slug="tax")
    assert values(BY_SLUG.get("law")) == values(Expert.objects.get(pk=expert.pk))


def test_a_row_is_stored_already():
    make_expert(slug="law", name="Law")
    expert = BY_SLUG.get("law")
    expert.name = "The law"
    expert.save(update_fields=["name"])
    assert Expert.objects.get().name == "The law"


def test_an_unknown_key_finds_nothing():
    assert BY_SLUG.get("%s'; --") is None


def test_what_is_selected_besides_comes_with_the_one_statement(django_assert_num_queries):
    session, preferences = session_of(make_user()), Preferences.objects.get()
    by_key = Lookup(lambda key: Session.objects.filter(session_key=key))
    with django_assert_num_queries(1):
        found = by_key.get(session.session_key)
        assert values(found.user) == values(session.user)
        assert values(found.user.preferences) == values(preferences)
        assert not hasattr(found.user, "profile")


def test_what_is_missing_besides_is_none():
    session = SessionStore()
    session.create()
    by_key = Lookup(lambda key: Session.objects.filter(session_key=key))
    assert by_key.get(session.session_key).user is None


def test_the_database_tells_the_time():
    session = session_of(make_user())
    live = Lookup(lambda key: Session.objects.filter(session_key=key, expire_date__gt=Now()))
    assert live.get(session.session_key) == session
    Session.objects.update(expire_date=timezone.now())
    assert live.get(session.session_key) is None


def test_a_second_parameter_is_refused():
    of_two = Lookup(lambda slug: Expert.objects.filter(slug=slug, name="Law"))
    with pytest.raises(ValueError, match="only parameter"):
        of_two.get("law")
