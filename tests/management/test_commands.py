"""People and sources from the command line, and the doctor's findings."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from calls.management.commands.doctor import verdict
from calls.models import Access, Delivery, Source
from calls.models.access import scope_of
from calls.models.source import digest
from calls.private_files import add_private
from calls.upkeep import doctor, installation
from calls.upkeep.doctor import machine, records

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def password_in(text: str) -> str:
    return text.split("password")[1].split()[0]


def hook_in(text: str) -> str:
    return text.split("/hooks/")[1].split()[0]


# People


def test_a_new_person_can_sign_in_with_the_password_that_was_printed():
    told = said("adduser", "asha", "--role", "supervisor", "--groups", "Sales, Support")
    answer = Client().post("/accounts/login/", {"username": "asha", "password": password_in(told)})
    assert answer.status_code == 302
    user = User.objects.get(username="asha")
    assert not user.is_staff
    assert sorted(user.access.groups.values_list("name", flat=True)) == ["Sales", "Support"]


def test_without_groups_a_person_sees_all_calls():
    said("adduser", "asha", "--role", "supervisor", "--masked")
    scope = scope_of(User.objects.get(username="asha"))
    assert scope.groups is None
    assert scope.masked


def test_an_admin_has_the_admin_pages():
    said("adduser", "ravi", "--role", "admin")
    client = Client()
    client.force_login(User.objects.get(username="ravi"))
    assert client.get("/admin/").status_code == 200


def test_a_known_person_gets_other_rights_and_keeps_the_password():
    said("adduser", "ravi", "--role", "admin", "--password", "correct horse battery")
    told = said("adduser", "ravi", "--role", "viewer", "--groups", "Sales")
    user = User.objects.get(username="ravi")
    assert user.check_password("correct horse battery")
    assert not user.is_staff
    assert not user.is_superuser
    assert scope_of(user).masked
    assert "Changed the rights of ravi" in told
    assert Access.objects.count() == 1


def test_a_new_password_is_made_when_asked_for():
    first = password_in(said("adduser", "asha", "--role", "viewer"))
    second = password_in(said("adduser", "asha", "--role", "viewer", "--new-password"))
    assert first != second
    assert User.objects.get(username="asha").check_password(second)


def test_a_given_password_is_not_repeated():
    assert "battery" not in said("adduser", "asha", "--role", "viewer", "--password", "correct horse battery")


@pytest.mark.parametrize(
    "arguments",
    [
        ("a b/c", "--role", "viewer"),
        ("ravi", "--role", "admin", "--groups", "Sales"),
        ("ravi", "--role", "admin", "--masked"),
        ("asha", "--role", "viewer", "--groups", " , "),
        ("asha", "--role", "boss"),
        *(("boss", "--role", "admin", "--password", weak) for weak in ("a", "short7", "password123", "8273645190", "")),
        ("supervisor.asha", "--role", "viewer", "--password", "supervisor.asha"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nobody_is_made(arguments):
    with pytest.raises(CommandError):
        said("adduser", *arguments)
    assert not User.objects.exists()


def test_a_weak_password_leaves_a_known_person_as_they_were():
    said("adduser", "ravi", "--role", "viewer", "--password", "correct horse battery")
    with pytest.raises(CommandError, match="too short"):
        said("adduser", "ravi", "--role", "admin", "--password", "a")
    user = User.objects.get(username="ravi")
    assert user.check_password("correct horse battery")
    assert not user.is_superuser


# Sources


def test_a_source_is_made_with_an_address_that_works():
    told = said("createsource", "Head office")
    token = hook_in(told)
    assert Source.objects.get(name="Head office").tokens.get().digest == digest(token)
    assert f"/hook-{token}" in told
    assert Client(headers={"host": "localhost"}).get(f"/hooks/{token}").status_code == 200


@override_settings(CALLBOARD_BASE_URL="https://calls.example.com")
def test_addresses_begin_as_the_world_knows_us():
    assert "https://calls.example.com/hooks/" in said("createsource", "Head office")


@override_settings(CALLBOARD_BASE_URL="", CALLBOARD_HOST="0.0.0.0", CALLBOARD_PORT=8123)
def test_addresses_can_be_opened_where_it_listens_to_everything():
    assert "http://127.0.0.1:8123/hooks/" in said("createsource", "Head office")


@pytest.mark.parametrize("arguments", [("",), ("Shop", "--time-zone", "Mars"), ("Shop", "--region", "India")])
def test_a_source_that_cannot_be_is_refused(arguments):
    with pytest.raises(CommandError):
        said("createsource", *arguments)
    assert not Source.objects.exists()


def test_a_second_source_of_the_same_name_is_refused(source):
    with pytest.raises(CommandError, match="rotatetoken"):
        said("createsource", source.name)


def test_a_new_token_works_beside_the_one_before_until_the_next(source, source_token):
    source.tokens.update(last_used_at=timezone.now())
    told = said("rotatetoken", source.name)
    assert "still works" in told
    assert "was last used" in told
    assert source.tokens.active().count() == 2
    again = said("rotatetoken", source.name)
    assert "has ended now" in again
    active = set(source.tokens.active().values_list("digest", flat=True))
    assert active == {digest(hook_in(told)), digest(hook_in(again))}
    assert digest(source_token) not in active


def test_a_source_that_is_not_there_is_told_with_those_that_are(source):
    with pytest.raises(CommandError, match=source.name):
        said("rotatetoken", "Nowhere")


# The doctor


def findings(examine) -> list:
    return list(examine())


def close_files() -> None:
    """As a server leaves them; the tests' own database was made with the umask of whoever runs them."""
    for path in Path(settings.DATABASES["default"]["NAME"]), Path(settings.DATA_DIR) / "secret_key":
        for each in path.parent.glob(f"{path.name}*"):
            each.chmod(0o600)


def test_a_healthy_installation_is_well(admin_person, source, source_token):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(machine, "LEAST_FREE_BYTES", 0)
        close_files()
        lines = said("doctor").splitlines()
    unwell = [line for line in lines if not line.startswith("ok ")]
    assert (unwell[0], unwell[-1]) == ("note    source Callerdesk never delivered", "Well, with 1 note.")


@pytest.mark.parametrize(("problems", "notes", "said"), [
    (0, 0, "All is well."), (0, 1, "Well, with 1 note."), (0, 2, "Well, with 2 notes."), (1, 2, "1 problem."),
    (3, 0, "3 problems."),
])  # fmt: skip
def test_the_doctors_last_line_forgets_no_note(problems, notes, said):
    assert verdict(problems, notes) == said


def test_what_needs_doing_ends_with_one(source):
    with pytest.raises(SystemExit) as ended:
        said("doctor")
    assert ended.value.code == 1


def test_every_problem_says_what_to_do(source):
    problems = [finding for examine in doctor.EXAMINATIONS for finding in examine() if finding.well is False]
    assert {finding.what for finding in problems} >= {"nobody is an administrator"}
    assert all(finding.advice for finding in problems)


def test_a_full_disk_is_a_problem(monkeypatch):
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 10**18)
    assert [finding.advice for finding in findings(machine.disk) if finding.well is False] != []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o622])
def test_a_key_or_a_database_that_others_can_read_is_a_problem(monkeypatch, tmp_path, mode):
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(tmp_path / "callboard.sqlite3"))
    database = ["callboard.sqlite3", "callboard.sqlite3-wal"] if connection.vendor == "sqlite" else []
    names = ["secret_key", *database]
    for name in names:
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(mode)
    problems = [finding for finding in findings(machine.files) if finding.well is False]
    assert [found.what.split()[0] for found in problems] == [str(tmp_path / name) for name in names]
    assert all("chmod 600" in found.advice for found in problems)


@pytest.mark.parametrize(("handles", "well"), [(79, True), (81, False)])
def test_a_process_that_runs_out_of_handles_is_a_problem(monkeypatch, tmp_path, handles, well):
    process = tmp_path / "17"
    (process / "fd").mkdir(parents=True)
    for number in range(handles):
        (process / "fd" / str(number)).touch()
    (process / "limits").write_text(
        "Limit  Soft Limit  Hard Limit\nMax open files            100        4096     files\n"
    )
    monkeypatch.setattr(machine, "serving_processes", lambda proc: [process])
    assert [finding.well for finding in findings(machine.handles)] == [well]


def test_first_secrets_that_still_lie_about_are_worth_knowing(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    add_private(installation.first_secrets(), "password\n")
    assert [finding.what for finding in findings(machine.files) if "first password" in finding.what]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a file of SQLite")
def test_a_damaged_database_is_a_problem(monkeypatch):
    monkeypatch.setattr(installation, "damage_of", lambda path: "row 7 missing from index call_live")
    [problem] = [finding for finding in findings(machine.wholeness) if finding.well is False]
    assert "row 7 missing" in problem.what
    assert "Restore" in problem.advice


def test_the_quarantine_is_told_by_reason(source):
    stored = {"source": source, "received_at": timezone.now(), "method": "POST", "body": b"", "content_key": "x"}
    Delivery.objects.create(**stored, result="quarantined", reason="no_call_id")
    [finding] = findings(records.quarantine)
    assert finding.what.startswith("1 delivery set aside (no_call_id): The report has no id")


def test_a_source_that_fell_silent_is_worth_knowing(source, source_token):
    stored = {"source": source, "method": "POST", "body": b"", "content_key": "x", "result": "applied"}
    Delivery.objects.create(**stored, received_at=timezone.now() - timedelta(days=2))
    [finding] = findings(records.sources)
    assert finding.well is None
    assert "switched the webhook off" in finding.advice


def test_a_clock_behind_the_deliveries_is_a_problem(source):
    stored = {"source": source, "method": "POST", "body": b"", "content_key": "x", "result": "applied"}
    Delivery.objects.create(**stored, received_at=timezone.now() + timedelta(hours=1))
    assert [finding for finding in findings(machine.clock) if finding.well is False] != []
