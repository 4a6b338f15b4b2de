"""URLs of the profile, the avatar, the export and the deletion."""

from django.urls import path

from profiles import views

app_name = "profiles"

urlpatterns = [
    path("", views.profile, name="profile"),
    path("avatar/<uuid:pk>.webp", views.avatar, name="avatar"),
    path("avatar/remove/", views.remove_avatar, name="remove_avatar"),
    path("export/", views.export, name="export"),
    path("delete/", views.delete, name="delete"),
]
