from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    """The wizard for new people, and the experts they choose from."""

    name = "onboarding"
