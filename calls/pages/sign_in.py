"""Signing in: a session ends hours after it, however busy it is."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from calls.people import audit
from calls.words import Act


class SignInForm(AuthenticationForm):
    """Asks nobody about a name that is longer than any: what counts the tries has no room for it."""

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        if len(name) > (self.username_field.max_length or 0):
            raise self.get_invalid_login_error()
        return name


class SignInView(LoginView):
    """The one way in, for boards and admin alike."""

    authentication_form = SignInForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        # A moment, not a length: a length would start anew with every change of the session.
        self.request.session.set_expiry(timezone.now() + timedelta(hours=settings.CALLBOARD_SESSION_HOURS))
        audit.record(audit.person(self.request), Act.SIGNED_IN)
        return response


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Where the admin sends those it does not let in: the page also says so to somebody signed in."""
    return redirect_to_login(request.GET.get("next") or "/admin/")
