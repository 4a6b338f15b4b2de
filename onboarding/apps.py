from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    """The wizard for new users, and the experts."""

    name = "onboarding"
