"""The wizard's forms, which the API uses too; each form saves its own fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from onboarding import favourites, traits
from onboarding.models import MAX_FAVOURITES, Expert, Preferences, Step
from onboarding.traits import Trait

# Experts offered as checkboxes; all favourites are among them.
MAX_OFFERED: Final = 60


class TraitCards(forms.CheckboxSelectMultiple):
    template_name = "onboarding/widgets/trait_cards.html"


class ExpertCards(forms.CheckboxSelectMultiple):
    template_name = "onboarding/widgets/expert_cards.html"


class TraitsField(forms.MultipleChoiceField):
    """Any traits; at least one if the field is required."""

    widget = TraitCards

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(trait.value, trait) for trait in Trait], **kwargs)

    def clean(self, value: Any) -> list[str]:
        chosen = self.to_python(value)
        return traits.validate(chosen) if chosen or self.required else []


class ExpertsField(forms.MultipleChoiceField):
    """Any active experts, of which the favourites and the first by name are offered."""

    widget = ExpertCards
    favourites: Collection[int] = ()

    def set_favourites(self, favourites: Collection[int]) -> None:
        """Offer these first, and accept them even if their expert is inactive."""
        self.favourites = favourites
        self.choices = partial(list_choices, favourites)

    def clean(self, value: Any) -> list[int]:
        chosen = favourites.validate(parse_ids(self.to_python(value)), current=self.favourites)
        hidden = [pk for pk in favourites.list_inactive(self.favourites) if pk not in chosen]
        return [*chosen, *hidden][:MAX_FAVOURITES]


def parse_ids(texts: list[str]) -> list[int]:
    try:
        return [int(text) for text in texts]
    except ValueError:
        raise favourites.unknown_expert_error() from None


def list_choices(favourites: Collection[int]) -> list[tuple[int, Expert]]:
    experts = Expert.objects.favourites_first(favourites, 0, MAX_OFFERED)
    return [(expert.pk, expert) for expert in experts]


class NameForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = User
        fields = ("name",)
        labels = {"name": "Name"}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def __init__(self, user: User, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, instance=user)

    def save(self, commit: bool = True) -> User:
        user: User = self.instance
        user.save(update_fields=["name"])
        return user


class PreferencesForm(forms.Form):
    """Base of forms for preferences; the fields have the names of the model's fields."""

    def __init__(self, user: User, data: Mapping[str, Any] | None = None) -> None:
        self.preferences = Preferences.for_user(user)
        super().__init__(data)
        for name, field in self.fields.items():
            field.initial = getattr(self.preferences, name)

    def save(self) -> None:
        self.preferences.store(**self.cleaned_data)


class TraitsForm(PreferencesForm):
    traits = TraitsField(label="Traits")


class ExpertsForm(PreferencesForm):
    experts = ExpertsField(label="Experts", required=False)

    def __init__(self, user: User, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(user, data)
        field: Any = self.fields["experts"]
        field.set_favourites(self.preferences.experts)


StepForm = NameForm | TraitsForm | ExpertsForm
FORMS: Final[dict[Step, type[StepForm]]] = {
    Step.NAME: NameForm,
    Step.TRAITS: TraitsForm,
    Step.EXPERTS: ExpertsForm,
}


def validate_answers(user: User, answers: Mapping[str, Any]) -> list[StepForm]:
    """Return the valid forms of the steps in `answers`.

    Raises ValidationError with the errors of all forms.
    """
    given = [FORMS[step](user, answers) for step in Step if step in answers]
    if faults := {name: form.errors[name] for form in given for name in form.errors}:
        raise ValidationError(faults)
    return given
