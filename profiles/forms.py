from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from config.database.writes import update, write
from files import objects
from onboarding.forms import ExpertsField, TraitsField
from onboarding.models import Preferences
from profiles import avatars
from profiles.fields import (
    DatalistInput,
    LinesField,
    LocaleField,
    ZoneField,
    render_locale_options,
    render_zone_options,
)
from profiles.models import Profile

IMAGE_TYPES: Final = "image/jpeg,image/png,image/webp"
# Form fields and the preferences' fields that they edit.
PREFERENCES: Final = {"bot_traits": "traits", "experts": "experts"}


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Edit the profile; with `only`, just these fields.

    False as `image` removes the avatar.
    """

    storage_error: objects.StorageError | None = None

    image = forms.FileField(
        label="New avatar",
        required=False,
        help_text=f"JPEG, PNG or WebP, at most {avatars.MAX_BYTES // 1_000_000} MB.",
        widget=forms.FileInput({"accept": IMAGE_TYPES}),
    )
    name = forms.CharField(
        required=False,
        max_length=User._meta.get_field("name").max_length,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    bot_traits = TraitsField(label="Traits")
    experts = ExpertsField(label="Favourite experts", required=False)
    field_order = ("image", "name", "bio", "timezone", "locale", "bot_traits", "experts")

    class Meta:
        model = Profile
        fields = ("bio", "timezone", "locale")
        field_classes = {"bio": LinesField, "timezone": ZoneField, "locale": LocaleField}
        help_texts = {
            "bio": "A few sentences about you and your work.",
            "timezone": "Type a city, such as New York, or choose from the list.",
            "locale": "How dates and numbers are written. Type a language or country.",
        }
        widgets = {
            "bio": forms.Textarea({"rows": 5}),
            "timezone": DatalistInput(render_zone_options),
            "locale": DatalistInput(render_locale_options),
        }

    def __init__(
        self,
        user: User,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        *,
        only: Collection[str] | None = None,
    ) -> None:
        self.user = user
        preferences = Preferences.for_user(user)
        initial = {name: getattr(preferences, key) for name, key in PREFERENCES.items()}
        super().__init__(
            data, files, instance=Profile.for_user(user), initial=initial | {"name": user.name}
        )
        # Users who skipped the traits may stay without any.
        self.fields["bot_traits"].required = bool(preferences.traits)
        cast("ExpertsField", self.fields["experts"]).set_favourites(preferences.experts)
        if only is not None:
            self.fields = {name: self.fields[name] for name in self.fields if name in only}

    def clean_image(self) -> bytes | bool | None:
        image = self.cleaned_data["image"]
        try:
            return avatars.encode(image) if image else image
        except objects.StorageError as error:
            self.storage_error = error
            raise ValidationError(str(error)) from error

    def clean_name(self) -> str:
        name: str = User._meta.get_field("name").clean(self.cleaned_data["name"], self.user)
        return name

    def save(self, commit: bool = True) -> Profile:
        """Save all changes or none. Raises StorageError if the avatar cannot be stored."""
        values = dict(self.cleaned_data)
        image = values.pop("image", None)
        if image is None:
            self._write_values(values)
            return Profile.for_user(self.user)
        with self._write_avatar(image) as keys, transaction.atomic():
            avatars.replace(self.user, keys[0] if keys else None)
            self._write_values(values)
        return Profile.for_user(self.user)

    def _write_avatar(self, image: bytes | bool) -> AbstractContextManager[list[str]]:
        contents = [(avatars.EXTENSION, image)] if isinstance(image, bytes) else []
        return objects.write_objects(self.user, contents)

    def _write_values(self, values: dict[str, Any]) -> None:
        """Write the values by one statement, which needs no transaction."""
        changes = []
        if "name" in values:
            self.user.name = values.pop("name")
            changes.append(update(User, self.user.pk, {"name": self.user.name}))
        preferences = {key: values.pop(name) for name, key in PREFERENCES.items() if name in values}
        if preferences:
            changes.append(Preferences.for_user(self.user).build_change(**preferences))
        if values:
            changes.append(Profile.for_user(self.user).build_change(**values))
        if changes and not write(*changes):
            raise User.DoesNotExist
