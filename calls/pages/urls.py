"""Which address leads to which page."""

from django.urls import path

from calls.pages import board as views

urlpatterns = [
    path("", views.board, name="board"),
]
