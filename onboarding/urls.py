"""URLs of the wizard and of the favourites."""

from django.urls import path, register_converter

from onboarding import views
from onboarding.models import Step


class StepConverter:
    regex = "|".join(Step.values)

    def to_python(self, value: str) -> Step:
        return Step(value)

    def to_url(self, value: str) -> str:
        return Step(value).value


register_converter(StepConverter, "step")

app_name = "onboarding"

urlpatterns = [
    path("", views.wizard, name="wizard"),
    path("<step:step>/", views.step, name="step"),
    path("<step:step>/skip/", views.skip, name="skip"),
    path("experts/<int:pk>/favourite/", views.favourite, name="favourite"),
    path("experts/<int:pk>/unfavourite/", views.unfavourite, name="unfavourite"),
]
