"""Which address leads where."""

from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, include, path, re_path

from calls import admin
from calls.intake.django_door import hook
from calls.pages.sign_in import SignInView, admin_sign_in
from calls.people.sign_in import a_few_at_a_time, unless_held_up

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/login/", unless_held_up(a_few_at_a_time(SignInView.as_view())), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password_change/", a_few_at_a_time(auth.PasswordChangeView.as_view()), name="password_change"),
    path("accounts/password_change/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    re_path(r"^hooks(?:/[^/]*)?/?$", hook, name="hook"),
    re_path(r"^hook-[^/]+/?$", hook, name="short_hook"),
    # One way in: the admin has no sign-in page of its own.
    path("admin/login/", admin_sign_in),
    path("admin/", admin.site.urls),
    path("api/", include("calls.api.urls")),
    path("", include("calls.pages.urls")),
]
handler500 = "dashboard.unavailable.error_page"
