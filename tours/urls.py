from django.urls import path

from tours import views

app_name = "tours"

urlpatterns = [
    path("", views.tour, name="tour"),
    path("start/", views.start, name="start"),
    path("later/", views.later, name="later"),
]
