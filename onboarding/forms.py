"""What the wizard asks, and the API and the profile with it: each form stores its own answer."""

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

# How many experts a page with checkboxes offers; all favourites are among them.
MAX_OFFERED: Final = 60


class TraitCards(forms.CheckboxSelectMultiple):
    template_name = "onboarding/widgets/trait_cards.html"


class ExpertCards(forms.CheckboxSelectMultiple):
    template_name = "onboarding/widgets/expert_cards.html"


class TraitsField(forms.MultipleChoiceField):
    """Some of the six; at least one where it is required."""

    widget = TraitCards

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(trait.value, trait) for trait in Trait], **kwargs)

    def clean(self, value: Any) -> list[str]:
        chosen = self.to_python(value)
        return traits.validate(chosen) if chosen or self.required else []


class ExpertsField(forms.MultipleChoiceField):
    """Any active experts, of which the first by name are offered; `keep` says the favourites."""

    widget = ExpertCards
    kept: Collection[int] = ()

    def set_favourites(self, kept: Collection[int]) -> None:
        """Offer these before all others, and let them stay although their expert is inactive."""
        self.kept = kept
        self.choices = partial(list_choices, kept)

    def clean(self, value: Any) -> list[int]:
        chosen = favourites.validate(parse_ids(self.to_python(value)), kept=self.kept)
        hidden = [key for key in favourites.list_inactive(self.kept) if key not in chosen]
        return [*chosen, *hidden][:MAX_FAVOURITES]


def parse_ids(texts: list[str]) -> list[int]:
    try:
        return [int(text) for text in texts]
    except ValueError:
        raise favourites.unknown_expert_error() from None


def list_choices(kept: Collection[int]) -> list[tuple[int, Expert]]:
    experts = Expert.objects.for_catalogue(favourites=kept)[:MAX_OFFERED]
    return [(expert.pk, expert) for expert in experts]


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
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
    """Base of a form for some of the preferences, which its fields are named after."""

    def __init__(self, user: User, data: Mapping[str, Any] | None = None) -> None:
        self.preferences = Preferences.of(user)
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
    """The forms of those steps that `answers` names, all of them valid.

    Raises ValidationError with what is wrong with each.
    """
    given = [FORMS[step](user, answers) for step in Step if step in answers]
    if faults := {name: form.errors[name] for form in given for name in form.errors}:
        raise ValidationError(faults)
    return given
