"""People in the admin: who may sign in, in which role, and which calls they see."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import (
    ReadOnlyPasswordHashField,
    ReadOnlyPasswordHashWidget,
    UserChangeForm,
    UserCreationForm,
)
from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.models import User
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse

from calls.models import Access, Role
from calls.people import audit
from calls.words import Act

from .choosing import ChoosesGroups
from .directory import Open
from .site import site


class AccessForm(forms.ModelForm):
    class Meta:
        model = Access
        fields: ClassVar = ["role", "all_groups", "groups", "masked"]
        widgets: ClassVar = {"role": forms.RadioSelect}
        help_texts: ClassVar = {
            "role": "Admins run everything and see all calls. Viewers only watch, and are always masked.",
            "all_groups": "Sees the calls of every group, also of those to come.",
            "groups": "Sees the calls of these. Without a group and without “all groups”, they see nothing.",
        }


class PasswordState(ReadOnlyPasswordHashWidget):
    """Whether there is a password, and the way to set another: how it is kept is not shown."""

    def get_context(self, name: str, value: str | None, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        usable = bool(value) and is_password_usable(value)
        context["summary"] = [{"label": "Set" if usable else "None: they cannot sign in"}]
        return context


class PersonForm(UserChangeForm):
    password = ReadOnlyPasswordHashField(label="Password", widget=PasswordState)


class AccessFormSet(BaseInlineFormSet):
    """The rights of one person; those of the last admin cannot be given up."""

    def clean(self) -> None:
        super().clean()
        leaves = any(form.cleaned_data.get("role") != Role.ADMIN for form in self.forms if form.has_changed())
        if leaves and is_last_admin(self.instance):
            raise forms.ValidationError("This is the last admin: make somebody else one first.")


class AccessInline(ChoosesGroups, admin.StackedInline):
    model = Access
    form = AccessForm
    formset = AccessFormSet
    can_delete = False
    min_num = max_num = 1
    verbose_name = verbose_name_plural = "what they may see"


def is_last_admin(user: User) -> bool:
    """Whether nobody else could sign in and run this."""
    others = User.objects.filter(is_active=True, is_staff=True, is_superuser=True).exclude(pk=user.pk)
    return bool(user.pk and user.is_superuser) and not others.exists()


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Role.choices, ("none", "Sees nothing")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "none":
            return queryset.filter(access=None, is_superuser=False)
        return queryset.filter(access__role=self.value()) if self.value() else queryset


@admin.register(User, site=site)
class PersonAdmin(Open, UserAdmin):
    inlines: ClassVar = [AccessInline]
    list_display = ("username", "full_name", "role", "sees", "is_active", "last_login")
    list_filter: ClassVar = [RoleFilter, "is_active"]
    list_select_related = ("access",)
    filter_horizontal = ()
    form = PersonForm
    add_form = UserCreationForm
    add_form_template = None
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        ("About them", {"fields": ("first_name", "last_name", "email")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return super().add_view(request, form_url, {"title": "New person", **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().change_view(request, object_id, form_url, {"title": "Person", **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("access__groups")

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, **kwargs)
        if "is_active" in form.base_fields:
            form.clean_is_active = keep_last_admin
        return form

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody deletes themselves, or the last admin; otherwise untick "active" where a trace should remain."""
        kept = obj is not None and (obj == request.user or is_last_admin(obj))
        return not kept and super().has_delete_permission(request, obj)

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        follow_role(form.instance)
        person = User.objects.select_related("access").get(pk=form.instance.pk)
        state = "" if person.is_active else ", may not sign in"
        rights = f"{self.role(person) or 'none'}, sees {self.sees(person)}{state}"
        audit.record(audit.person(request), Act.RIGHTS_CHANGED, person.username, rights)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        super().delete_model(request, obj)
        audit.record(audit.person(request), Act.RIGHTS_CHANGED, obj.username, "removed")

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for person in queryset:
            self.delete_model(request, person)

    @admin.display(description="Name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="Role", empty_value="none")
    def role(self, user: User) -> str | None:
        access = getattr(user, "access", None)
        return access.get_role_display() if access else "Admin" if user.is_superuser else None

    @admin.display(description="Sees")
    def sees(self, user: User) -> str:
        access = getattr(user, "access", None)
        if access is None:
            return "everything" if user.is_superuser else "nothing"
        everything = access.all_groups or access.role == Role.ADMIN
        whose = "all calls" if everything else ", ".join(group.name for group in access.groups.all()) or "nothing"
        return f"{whose}, masked" if access.masked or access.role == Role.VIEWER else whose


def follow_role(user: User) -> None:
    """Let Django's own switches say what the role says: only admins enter the admin, and they may do all there."""
    access = Access.objects.filter(user=user).first()
    if access:
        user.is_staff = user.is_superuser = access.role == Role.ADMIN
        user.save(update_fields=["is_staff", "is_superuser"])


def keep_last_admin(form: forms.ModelForm) -> bool:
    active = form.cleaned_data["is_active"]
    if not active and is_last_admin(form.instance):
        raise forms.ValidationError("This is the last admin: make somebody else one first.")
    return bool(active)
