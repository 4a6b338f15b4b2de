"""Responses follow the OpenAPI schema, for valid requests and many invalid ones."""

import json
from collections import Counter

import pytest
import requests
import schemathesis
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from schemathesis import checks

from accounts.tests.people import make_user
from config.api import api
from files.tests.content import upload_file
from onboarding.models import Expert
from onboarding.tests.experts import make_experts

TOKEN = "x" * 32
ENOUGH = 80  # examples per kind: otherwise one for each time zone
NOT_APPLICABLE = [
    # test_api.py covers requests without a session.
    checks.ignored_auth,
    # The schema does not define which experts exist, nor which bytes are an image.
    checks.positive_data_acceptance,
]
config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
document = json.loads(json.dumps(api.get_openapi_schema()))
schema = schemathesis.openapi.from_dict(document, config=config)


class Person:
    """Ada with a session, a file, and her requests and responses."""

    def __init__(self, site):
        self.site, self.browser = site, requests.Session()
        self.user = make_user()
        self.file = upload_file(self.user)
        self.asked, self.answers = Counter(), Counter()
        client = Client()
        client.force_login(self.user)
        session = client.cookies["sessionid"].value
        self.browser.cookies.update({"sessionid": session, "csrftoken": TOKEN})
        self.browser.headers["X-CSRFToken"] = TOKEN

    def wants(self, case):
        """Return whether the request can be sent and its kind is below the limit."""
        kind = case.meta.phase.name, case.meta.generation.mode
        self.asked[kind] += 1
        is_form = case.media_type == "multipart/form-data"
        return self.asked[kind] <= ENOUGH and not (is_form and not isinstance(case.body, dict))

    def send(self, case):
        answer = case.call_and_validate(
            base_url=self.site, session=self.browser, excluded_checks=NOT_APPLICABLE
        )
        self.answers[answer.status_code] += 1

    def aim(self, case):
        """Make a valid request refer to existing objects."""
        keys = {"pk": str(self.file.pk), "id": str(self.file.pk), "file": b"A few notes.\n"}
        keys |= {"experts": [Expert.objects.first().pk], "traits": ["direct"]}
        for part in (case.path_parameters, case.body):
            if isinstance(part, dict):
                part.update({name: keys[name] for name in part if name in keys})

    def put_back(self, *, is_deleted):
        deleted_at = timezone.now() if is_deleted else None
        self.user.files.filter(pk=self.file.pk).update(deleted_at=deleted_at)


@pytest.fixture
def person(site, transactional_db):
    make_experts(3)
    person = Person(site)
    yield person
    person.browser.close()
    assert sum(person.answers[status] for status in (200, 201)) * 20 > person.answers.total()


@schema.parametrize()
@hypothesis(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_response_follows_the_schema(case, person):
    if person.wants(case):
        if case.meta.generation.mode.is_positive and person.answers.total() % 3:
            person.aim(case)
        person.put_back(is_deleted="restore" in case.path)
        person.send(case)
