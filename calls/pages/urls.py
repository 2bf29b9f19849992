"""Which address leads to which page."""

from django.urls import path

from calls.pages import board as views
from calls.pages import figures, finding, set_aside

urlpatterns = [
    path("", views.board, name="board"),
    path("find/", finding.find, name="find"),
    path("set-aside/", set_aside.set_aside, name="set_aside"),
    path("figures/", figures.figures, name="figures"),
    path("figures/<slug:name>/", figures.inspector, name="figure"),
]
