"""The model of the experts."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from onboarding.models import Expert
from onboarding.tests.experts import make_expert

pytestmark = pytest.mark.django_db


def names(experts):
    return [expert.name for expert in experts]


def test_catalogue_order_ignores_case():
    for slug, name in (("b", "bridge"), ("c", "Compass"), ("a", "Anchor")):
        make_expert(slug=slug, name=name)
    assert names(Expert.objects.for_catalogue()) == ["Anchor", "bridge", "Compass"]


def test_catalogue_excludes_inactive_experts():
    make_expert(is_active=False)
    assert not Expert.objects.for_catalogue().exists()


def test_catalogue_does_not_load_prompts():
    make_expert()
    loaded = Expert.objects.for_catalogue().get()
    assert {"prompt", "personality"} <= loaded.get_deferred_fields()


@pytest.mark.parametrize("text", ["tax", "TAX", "money tax", "  deduct  ", ""])
def test_search_finds_every_word_in_name_or_description(text):
    make_expert(name="Tax", description="Deducts money.")
    assert names(Expert.objects.search(text)) == ["Tax"]


@pytest.mark.parametrize("text", ["law", "tax law", "%", "_", "\\", "\0"])
def test_search_excludes_other_experts(text):
    make_expert(name="Tax", description="Deducts money.")
    assert names(Expert.objects.search(text)) == []


def test_set_active_counts_changed_experts():
    make_expert(slug="on")
    off = make_expert(slug="off", is_active=False)
    assert Expert.objects.set_active(is_active=True) == 1
    off.refresh_from_db()
    assert off.is_active


def test_set_active_updates_the_timestamp():
    expert = make_expert(is_active=False)
    before = expert.updated_at
    Expert.objects.set_active(is_active=True)
    expert.refresh_from_db()
    assert expert.updated_at > before


@pytest.mark.parametrize(
    "fields",
    [
        {"slug": "Navigator"},
        {"slug": "na--vigator"},
        {"slug": "navigator\n"},
        {"slug": ""},
        {"name": ""},
        {"name": " \n"},
        {"description": ""},
        {"prompt": " "},
    ],
)
def test_database_enforces_the_validation(fields):
    with pytest.raises(IntegrityError):
        make_expert(**fields)


def test_slug_is_unique():
    make_expert()
    with pytest.raises(IntegrityError):
        make_expert(name="Another")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Navi\0gator"),
        ("description", "\0"),
        ("icon", "\0"),
        ("prompt", "Say\0"),
        ("personality", "\0"),
        ("prompt", "x" * 20_001),
        ("personality", "x" * 5_001),
        ("name", "x" * 101),
        ("slug", "-navigator"),
    ],
)
def test_validation_names_the_field(field, value):
    expert = make_expert()
    setattr(expert, field, value)
    with pytest.raises(ValidationError) as caught:
        expert.clean_fields()
    assert list(caught.value.message_dict) == [field]


def test_favourites_come_first_each_group_by_name():
    for name in ("d", "B", "c", "A"):
        make_expert(slug=name.lower(), name=name)
    chosen = [Expert.objects.get(slug=slug).pk for slug in ("d", "c")]
    listed = Expert.objects.favourites_first(chosen, 0, 3)
    assert [(expert.name, expert.is_favourite) for expert in listed] == [
        ("c", True),
        ("d", True),
        ("A", False),
    ]
    assert names(Expert.objects.favourites_first(chosen, 3, 9)) == ["B"]
    assert names(Expert.objects.favourites_first([], 1, 3)) == ["B", "c"]


def test_after_continues_by_name_and_key():
    experts = [make_expert(slug=f"e{n}", name=name) for n, name in enumerate(("B", "a", "b", "C"))]
    listed = Expert.objects.for_catalogue()
    assert [e.slug for e in listed] == ["e1", "e0", "e2", "e3"]
    assert [e.slug for e in listed.after(experts[0].pk)] == ["e2", "e3"]
    assert [e.slug for e in listed.after(experts[1].pk)] == ["e0", "e2", "e3"]
    assert not listed.after(experts[3].pk).exists()
    assert not listed.after(experts[3].pk + 1).exists()


@pytest.mark.parametrize("text", ["hir", "hi peo", "\u00e9col", "d)"])
def test_search_uses_the_index_of_words(text):
    make_expert(description="People and hiring")
    with connection.cursor() as cursor:
        for way in ("seqscan", "indexscan", "indexonlyscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    plan = Expert.objects.search(text).explain()
    # One scan for the names and one for the descriptions, with the words as conditions.
    assert plan.count("Bitmap Index Scan on onboarding_expert_words") >= 2
    assert plan.count("Index Cond") >= 2
