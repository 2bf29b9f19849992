"""Signing in: a session ends hours after it, however busy; after five failures the door stays shut a while."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone


class SignInView(LoginView):
    """The one way in, for boards and admin alike."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        # A moment, not a length: a length would start anew with every change of the session.
        self.request.session.set_expiry(timezone.now() + timedelta(hours=settings.CALLBOARD_SESSION_HOURS))
        return response


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Where the admin sends those it does not know: to the one way in, or away where it does know them."""
    if request.user.is_authenticated:
        raise PermissionDenied("Signed in, but not an administrator.")
    return redirect_to_login(request.GET.get("next") or "/admin/")


def locked_out(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """The sign-in page saying that there were too many tries (django-axes calls this)."""
    form = AuthenticationForm(request, data=request.POST)
    form.errors.clear()
    form.add_error(None, "Too many failed tries. Wait 15 minutes, or ask an administrator.")
    return render(request, "registration/login.html", {"form": form, "locked_out": True}, status=429)
