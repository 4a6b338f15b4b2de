"""The quick check of texts accepts nothing that the model's validators reject."""

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, MaxLengthValidator, RegexValidator

from onboarding.models import Expert
from onboarding.text_rules import TextRule

FIELDS = [Expert._meta.get_field(n) for n in ("slug", "name", "description", "icon", "prompt")]
TEXTS = ("", " ", "a", "a-b", "a--b", "A", "a\n", "\n", "é", "\0", "a\0", "\u2028", "x_1", "7")


def is_valid(field, text):
    try:
        field.clean(text, None)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_accepts_only_valid_texts(field):
    rule, limit = TextRule.from_validators(field.validators), field.max_length or 20_000
    texts = [*TEXTS, "x" * limit, "x" * (limit + 1)]
    accepted = {text for text in texts if rule.accepts(text)}
    assert "a" in accepted
    assert "x" * limit in accepted
    assert {text for text in accepted if not is_valid(field, text)} == set()


@pytest.mark.parametrize(
    "validator", [EmailValidator(), RegexValidator("a", inverse_match=True), len]
)
def test_gives_no_rule_for_other_validators(validator):
    assert TextRule.from_validators([MaxLengthValidator(9), validator]) is None
