"""The webhook."""

from django.urls import path

from .views import Hook

urlpatterns = [path("hook", Hook.as_view())]
