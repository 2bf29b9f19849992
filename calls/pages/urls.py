"""Which address leads to which page."""

from django.urls import path

from calls.pages import board as views
from calls.pages import figures

urlpatterns = [
    path("", views.board, name="board"),
    path("figures/", figures.figures, name="figures"),
    path("figures/<slug:name>/", figures.inspector, name="figure"),
]
