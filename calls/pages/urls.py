"""Which address leads to which page."""

from django.urls import path

from calls.pages import board as views
from calls.pages import close_look, figures, finding, glance, now, set_aside, wallboard

urlpatterns = [
    path("", views.board, name="board"),
    path("find/", finding.find, name="find"),
    path("set-aside/", set_aside.set_aside, name="set_aside"),
    path("figures/", figures.figures, name="figures"),
    path("figures/now/", glance.glance, name="glance"),
    path("figures/now/<slug:name>/", now.figure_of_now, name="figure_of_now"),
    path("figures/close/", close_look.close_look, name="close_look"),
    path("figures/close/<slug:name>/", close_look.close_figure, name="close_figure"),
    path("figures/<slug:name>/", figures.inspector, name="figure"),
    path("wall/<str:token>/", wallboard.wallboard, name="wall"),
    path("wall/<str:token>/figures/", wallboard.wall_figures, name="wall_figures"),
]
