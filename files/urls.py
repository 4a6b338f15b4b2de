"""URLs of the files."""

from django.urls import path

from files import views

app_name = "files"

urlpatterns = [
    path("", views.file_list, name="list"),
    path("upload/", views.upload, name="upload"),
    path("trash/empty/", views.empty_trash, name="empty_trash"),
    path("<uuid:pk>/download/", views.download, name="download"),
    path("<uuid:pk>/preview/", views.preview, name="preview"),
    path("<uuid:pk>/delete/", views.delete, name="delete"),
    path("<uuid:pk>/restore/", views.restore, name="restore"),
    path("<uuid:pk>/delete-for-good/", views.delete_for_good, name="delete_for_good"),
]
