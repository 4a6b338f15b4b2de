"""The wizard that asks a new person for what the assistant should know."""

from django.urls import URLPattern

app_name = "onboarding"

urlpatterns: list[URLPattern] = []
