"""One team is one group, however its name is spelled, and two that exist are joined without losing a call."""

import json
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from calls.commit import groups
from calls.commit.cache import cache
from calls.commit.settling import EVERYBODY_KNOWS_SECONDS, Settler
from calls.figures.cells import PRUNED
from calls.models import Access, Agent, Call, CallAlias, CallGroup, FigureCell, GroupSpelling, Head, VirtualNumber
from calls.people.accounts import grant
from tests.conftest import person
from tests.support.factories import make_call
from tests.support.provider import Provider, india

pytestmark = pytest.mark.django_db
TEAMS = [
    ["Sales Team", "sales team", "Sales  Team", "Sales\u00a0Team"],
    ["R&D", "R&amp;D", "r&#38;d", "R\uff06D"],
    [
        "\u092c\u095c\u093e \u0926\u0932",
        "\u092c\u0921\u093c\u093e\u00a0\u0926\u0932",
        "\u092c\u095c\u093e\t\u0926\u0932\u200b",
    ],
    ["Desk One", "\uff24\uff45\uff53\uff4b\u3000\uff2f\uff4e\uff45", "\u202aDESK\tONE\u202c"],
    ["\u0130stanbul", "ISTANBUL", "istanbul"],
]


@pytest.fixture
def provider(source, source_token):
    return Provider(source, source_token)


def says(provider, sid, group, **more):
    fields = {"type": "live_call", "CallSid": sid, "Direction": "IVR", "Status": "Picked", "call_group": group}
    numbers = {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "DialWhomNumber": "8000000201"}
    return provider.says(fields | numbers | {"StartTime": india(timezone.now())} | more)


def settle(settler=None):
    """All passes, until every process must have noticed."""
    settler = settler or Settler(cache)
    settler.settle()
    settler._joined = {group: since - EVERYBODY_KNOWS_SECONDS - 1 for group, since in settler._joined.items()}
    settler.settle()


@pytest.mark.parametrize("spellings", TEAMS, ids=[team[0] for team in TEAMS])
def test_all_spellings_are_one_group_shown_as_first_spelled(provider, spellings):
    for number, spelling in enumerate(spellings):
        says(provider, f"sid.{number}", spelling)

    assert CallGroup.objects.get().name == spellings[0]
    assert Call.objects.filter(group__name=spellings[0]).count() == len(spellings)


@pytest.mark.parametrize("spellings", TEAMS, ids=[team[0] for team in TEAMS])
def test_a_supervisor_of_a_team_sees_all_of_it_on_the_board_in_history_and_the_api(provider, spellings):
    says(provider, "sid.first", spellings[0])
    supervisor = person("of-the-team", "supervisor", CallGroup.objects.get())
    for number, spelling in enumerate(spellings):
        says(provider, f"sid.{number}", spelling)
    says(provider, "sid.other", "Somebody else's")
    wanted = {"sid.first", *(f"sid.{number}" for number in range(len(spellings)))}
    client = Client()
    client.force_login(supervisor)

    for spelling in spellings:
        answer = client.get("/api/calls/", {"group": spelling}).json()["calls"]
        assert {call["ref"] for call in answer} == wanted
        assert {call["group"] for call in answer} == {spellings[0]}
    assert {call["ref"] for call in client.get("/api/calls/").json()["calls"]} == wanted
    assert set(Call.objects.visible_to(supervisor).values_list("ref", flat=True)) == wanted
    assert {call["ref"] for call in client.get("/").context["live"]} == wanted


def test_a_name_that_shows_as_nothing_is_no_group(provider):
    says(provider, "sid.1", "\u200b\u00a0")

    assert Call.objects.get().group is None and not CallGroup.objects.exists()


def test_a_person_is_given_a_group_in_any_spelling(provider):
    says(provider, "sid.1", "Sales Team")

    granted = grant("new", "supervisor", groups=["sales\u00a0 team"])

    assert list(granted.user.access.groups.all()) == [CallGroup.objects.get()]


def test_a_renamed_group_keeps_the_calls_that_say_its_old_name(provider):
    says(provider, "sid.1", "Sales")
    group = CallGroup.objects.get()
    group.name = "Selling"
    group.save()
    cache.forget()

    says(provider, "sid.2", "SALES")
    says(provider, "sid.3", "selling")

    assert set(Call.objects.values_list("group__name", flat=True)) == {"Selling"}


def test_a_group_that_another_process_has_just_made_is_taken(provider, monkeypatch):
    cache.refresh()
    CallGroup.objects.create(name="Sales")
    first, looks = CallGroup.objects.filter(pk=0).first, []

    def blind_once(self):
        looks.append(self)
        return first() if len(looks) == 1 else type(self).__mro__[1].first(self)

    monkeypatch.setattr(type(CallGroup.objects.all()), "first", blind_once)

    assert CallGroup.objects.named("SALES").name == "Sales"
    assert len(looks) == 2


# Joining two that exist


@pytest.fixture
def two_teams(provider):
    says(provider, "sid.n", "Sales North")
    says(provider, "sid.s", "Sales South")
    says(provider, "sid.x", "Support")
    north, south, support = (CallGroup.objects.named(name) for name in ("Sales North", "Sales South", "Support"))
    Agent.objects.update(group=south)
    return north, south, support


def test_people_of_both_groups_see_all_calls_of_both_at_once_and_afterwards(provider, two_teams):
    north, south, support = two_teams
    people = [person("north", "supervisor", north), person("south", "supervisor", south)]
    neither = person("support", "supervisor", support)

    groups.join([south], north)

    for step in ("at once", "afterwards"):
        for one in people:
            seen = Call.objects.visible_to(one).values_list("ref", flat=True)
            assert sorted(seen) == ["sid.n", "sid.s"], step
        assert [call.ref for call in Call.objects.visible_to(neither)] == ["sid.x"]
        settle()
    assert sorted(CallGroup.objects.values_list("name", flat=True)) == ["Sales North", "Support"]
    assert {access.user.username: access.groups.get().name for access in Access.objects.all()} == {
        "north": "Sales North",
        "south": "Sales North",
        "support": "Support",
    }


def test_calls_go_over_with_a_number_that_tells_the_boards(provider, two_teams):
    north, south, _ = two_teams
    before = Head.objects.get().seq

    groups.join([south], north)
    settle()

    moved = Call.objects.get(ref="sid.s")
    assert moved.group == north and before < moved.seq <= Head.objects.get().seq
    assert Call.objects.get(ref="sid.n").seq <= before, "a call that was there already does not change"
    assert Agent.objects.get().group == north


def test_calls_of_a_joined_group_are_shown_under_the_name_that_stays_before_they_went_over(
    client, admin_person, two_teams
):
    north, south, _ = two_teams
    client.force_login(admin_person)

    groups.join([south], north)

    calls = client.get("/api/calls/", {"group": "sales south"}).json()["calls"]
    assert {(call["ref"], call["group"]) for call in calls} == {("sid.n", "Sales North"), ("sid.s", "Sales North")}


def test_later_calls_that_say_the_old_name_belong_to_the_group_that_stays(provider, two_teams):
    north, south, _ = two_teams
    groups.join([south], north)
    settle()

    says(provider, "sid.late", "SALES  south")

    assert Call.objects.get(ref="sid.late").group == north


def test_a_process_that_has_not_noticed_yet_loses_no_call(provider, two_teams):
    north, south, _ = two_teams
    settler = Settler(cache)
    groups.join([south], north)
    says(provider, "sid.late", "Sales South")  # The cache knows the old group still.
    assert Call.objects.get(ref="sid.late").group == south

    settle(settler)

    assert Call.objects.get(ref="sid.late").group == north
    assert not CallGroup.objects.filter(pk=south.pk).exists()


def test_a_joined_group_stays_until_every_process_must_have_noticed(provider, two_teams):
    north, south, _ = two_teams
    groups.join([south], north)

    Settler(cache).settle()

    assert CallGroup.objects.filter(pk=south.pk, joined_into=north).exists()


def test_a_group_into_which_others_are_being_joined_can_be_joined_itself(provider, two_teams):
    north, south, support = two_teams
    groups.join([south], north)
    groups.join([north], support)
    settle()

    assert set(Call.objects.values_list("group__name", flat=True)) == {"Support"}
    assert set(GroupSpelling.objects.values_list("group__name", "key")) == {
        ("Support", "support"),
        ("Support", "sales north"),
        ("Support", "sales south"),
    }


def test_the_figures_of_pruned_calls_go_to_the_group_that_stays(provider, two_teams):
    north, south, support = two_teams
    cell = {"generation": PRUNED, "span": "d", "source_id": 1, "direction": "incoming"}
    for group, start, sums in (
        (north, 7, {"n": 1}),
        (south, 7, {"n": 2, "t": 5}),
        (south, 8, {"n": 4}),
        (support, 7, {"n": 8}),
    ):
        FigureCell.objects.create(**cell, group_id=group.pk, start=start, counts=json.dumps(sums))

    groups.join([south], north)
    settle()

    cells = FigureCell.objects.filter(generation=PRUNED).values_list("group_id", "start", "counts")
    assert {(group, start): json.loads(sums) for group, start, sums in cells} == {
        (north.pk, 7): {"n": 3, "t": 5},
        (north.pk, 8): {"n": 4},
        (support.pk, 7): {"n": 8},
    }


def test_the_figures_of_years_go_over_a_few_at_a_time_and_deliveries_come_first(provider, two_teams, monkeypatch):
    monkeypatch.setattr(groups, "CELLS_PER_STEP", 3)
    north, south, _ = two_teams
    cell = {"generation": PRUNED, "span": "d", "source_id": 1, "direction": "incoming", "counts": '{"answered":1}'}
    FigureCell.objects.bulk_create(FigureCell(**cell, group_id=south.pk, start=start) for start in range(10))
    groups.join([south], north)
    settler = Settler(cache)
    settler.settle()
    for model in (Agent, VirtualNumber):
        model.objects.update(settled=True)
    settler._joined = {group: since - EVERYBODY_KNOWS_SECONDS - 1 for group, since in settler._joined.items()}

    seen = []
    while CallGroup.objects.filter(pk=south.pk).exists():
        settler.settle(others_wait=lambda: True)
        seen.append(FigureCell.objects.filter(group_id=north.pk).count())
        assert FigureCell.objects.count() == 10

    assert seen == [3, 6, 9, 10, 10]


@pytest.mark.django_db(transaction=True)
def test_a_call_of_a_group_that_was_deleted_a_moment_ago_makes_it_anew(provider):
    cache.refresh()
    says(provider, "sid.1", "Sales")
    Call.objects.all().delete()
    CallGroup.objects.all().delete()

    assert says(provider, "sid.2", "Sales").result == "applied"

    assert Call.objects.get(ref="sid.2").group.name == "Sales"


# Databases of before


def test_groups_that_were_one_team_in_several_spellings_are_joined_by_the_migration(source):
    names = ("Sales Team", "sales team", "Sales\u00a0Team", "Support", "\u200b")
    first, second, third, support, nothing = made = [CallGroup(name=name, learned_at=timezone.now()) for name in names]
    CallGroup.objects.bulk_create(made)
    calls = [make_call(group) for group in made]
    one, both, other = (person(name, "supervisor", *of) for name, of in (
        ("one", [second]), ("both", [first, third, support]), ("other", [support]),
    ))  # fmt: skip
    Agent.objects.create(source=source, number="201", number_key="201", group=third)
    epoch = Head.objects.get_or_create(id=1)[0].epoch

    import_module("calls.migrations.0010_one_group_in_all_spellings").join_spellings(apps, None)

    assert list(CallGroup.objects.order_by("id")) == [first, support, nothing]
    assert [Call.objects.get(pk=call.pk).group for call in calls] == [first, first, first, support, nothing]
    seen = {user: set(user.access.groups.all()) for user in (one, both, other)}
    assert seen == {one: {first}, both: {first, support}, other: {support}}
    assert Agent.objects.get().group == first
    assert dict(GroupSpelling.objects.values_list("key", "group__name")) == {
        "sales team": "Sales Team",
        "support": "Support",
    }
    assert Head.objects.get().epoch != epoch


def test_texts_of_the_directory_are_compared_as_names_after_the_migration(source):
    make = Agent.objects.create
    make(source=source, number="Asha  Desk", number_key="asha  desk", learned_name="A", settled=True)
    make(source=source, number="asha desk", number_key="asha desk", name="Asha", settled=True)
    make(source=source, number="+918000000201", number_key="+918000000201", settled=True)
    call = make_call(None)
    CallAlias.objects.create(source=call.source, kind="number", value="desk\u00a02", call=call)

    import_module("calls.migrations.0010_one_group_in_all_spellings").keys_anew(apps, None)

    rows = Agent.objects.order_by("id").values_list("number", "number_key", "name", "learned_name", "settled")
    assert list(rows) == [
        ("Asha  Desk", "asha desk", "Asha", "A", False),
        ("+918000000201", "+918000000201", "", "", True),
    ]
    assert CallAlias.objects.get(kind="number").value == "desk 2"


def test_agents_that_are_texts_are_one_in_all_spellings(provider):
    says(provider, "sid.1", "Sales", DialWhomNumber="Asha Desk")
    says(provider, "sid.2", "Sales", DialWhomNumber="ASHA\u00a0 DESK")

    assert Agent.objects.count() == 1, json.dumps(list(Agent.objects.values("number", "number_key")))
