"""Which address leads where."""

from importlib.util import find_spec

from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, include, path, re_path

from calls import admin
from calls import webhooks
from calls.signing_in import SignInView, admin_sign_in

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/login/", SignInView.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password_change/", auth.PasswordChangeView.as_view(), name="password_change"),
    path("accounts/password_change/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    re_path(r"^hooks(?:/[^/]*)?/?$", webhooks.hook, name="hook"),
    re_path(r"^hook-[^/]+/?$", webhooks.hook, name="short_hook"),
    # One way in: the admin has no sign-in page of its own.
    path("admin/login/", admin_sign_in),
    path("admin/", admin.site.urls),
]
for module, prefix in (("calls.api", "api/"), ("calls.urls", "")):
    if find_spec(module):
        urlpatterns.append(path(prefix, include(f"{module}.urls" if module == "calls.api" else module)))
