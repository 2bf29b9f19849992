"""Which address leads to which page."""

from django.urls import path

from calls import views

urlpatterns = [
    path("", views.board, name="board"),
]
