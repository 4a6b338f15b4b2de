"""What a person tells about themselves, takes along, and deletes."""

from django.urls import URLPattern

app_name = "profiles"

urlpatterns: list[URLPattern] = []
