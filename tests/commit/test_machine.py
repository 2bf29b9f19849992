"""Promises 2 to 5 and 10, by a machine that says anything in any order and looks at every call after each step."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from calls.commit.cache import cache
from calls.commit.doubts import AGENT_ELSEWHERE, PICKED_UP, TALKS_AT_ONCE
from calls.database.columns import read_calls
from calls.intake.queue import after_commit
from calls.models import Agent, Call, Delivery, Head, Source, VirtualNumber
from calls.rules.derive import derive
from calls.rules.events import load
from calls.rules.repeats import REPEAT
from calls.rules.roles import Directory
from calls.upkeep.replaying import replay
from calls.words import Result, State
from tests.support.payloads import Request
from tests.support.provider import Provider, india

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEGINS = NOW + timedelta(seconds=100)
AGENTS = ["8000000201", "8000000202", ""]
LIVE_WORDS = ["Transfer to agent", "Picked", "ANSWER", "CANCEL", "BUSY", "AbandonedCall", "Playing Music", ""]
REPORT_WORDS = ["ANSWER", "NO ANSWER", "BUSY (17)", "AbandonedCall", "Cancel-Agent", "Something New", ""]
SHOWN = ["direction", "state", "provisional", "outcome", "reason", "customer_number", "agent_number", "virtual_number"]
SHOWN += ["started_at", "ended_at", "answered_at", "wait_seconds", "talk_seconds", "duration_seconds", "roles_assumed"]
SHOWN += ["flags", "agent_name", "provider_status", "heard_at"]

sids = st.sampled_from(["S1", "S2", "S3", ""])
camps = st.sampled_from(["", "", "7001"])
# A call keeps its direction: nothing else was ever seen, and what a contradiction means is the directory's to say.
DIRECTIONS = {"S1": "IVR", "S2": "WEBOBD", "S3": "", "": "WEBOBD"}
seconds = st.integers(0, 90)
AWAITED = "report_of_another"
EXAMPLES = int(os.environ.get("TEST_MACHINE_EXAMPLES", "100"))
"""`TEST_MACHINE_EXAMPLES=1000` looks for longer."""


class Calls(RuleBasedStateMachine):
    """Deliveries of a few calls, through everything behind the HTTP layer."""

    said = Bundle("said")

    @initialize()
    def begin(self):
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.source = Source.objects.create(name="Machine", new_calls_per_minute=10**6, live_calls_limit=10**6)
        self.provider = Provider(self.source, self.source.new_token())
        cache.forget()
        self.sent, self.rows, self.clock = 0, {}, BEGINS

    def teardown(self):
        if hasattr(self, "undo"):
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)
            cache.forget()

    def fields(self, kind, word, sid, camp, agent, started):
        fields = {"type": kind, "CallSid": sid, "Uniqueid": "" if sid else "S2", "campid": camp, "Status": word}
        fields |= {"Direction": DIRECTIONS[sid], "SourceNumber": "9000000101", "DestinationNumber": "01200000301"}
        return fields | {"DialWhomNumber": agent, "StartTime": india(NOW + timedelta(seconds=started))}

    @rule(
        target=said,
        word=st.sampled_from(LIVE_WORDS),
        sid=sids,
        camp=camps,
        agent=st.sampled_from(AGENTS),
        started=seconds,
    )
    def live(self, word, sid, camp, agent, started):
        return self.say([self.fields("live_call", word, sid, camp, agent, started)])

    @rule(
        target=said,
        word=st.sampled_from(REPORT_WORDS),
        sid=sids,
        camp=camps,
        agent=st.sampled_from(AGENTS),
        started=seconds,
        talk=st.sampled_from(["", "0", "5"]),
        lasts=seconds,
    )
    def report(self, word, sid, camp, agent, started, talk, lasts):
        fields = self.fields("call_report", word, sid, camp, agent, started)
        ended = india(NOW + timedelta(seconds=started + lasts))
        return self.say(
            [fields | {"EndTime": ended, "TalkDuration": talk, "receiver_name": agent and f"Agent {agent}"}]
        )

    @rule(
        target=said,
        broken=st.sampled_from(['{"CallSid": "S1"', "[]", '{"hello": "there"}', '{"type": "other", "did": "1"}']),
    )
    def nonsense(self, broken):
        return self.say([Request("POST", "", broken.encode(), "application/json")])

    @rule(batch=said, times=st.integers(1, 3), seconds=st.floats(0, REPEAT.total_seconds()))
    def again(self, batch, times, seconds):
        """Repeats within a few seconds, one or many at once: nothing that anybody sees changes."""
        before = self.look()
        requests, at = batch
        received = self.hears(requests * times, at + timedelta(seconds=seconds))

        assert {each.result for each in received} == {Result.DUPLICATE}
        assert self.look() == before

    @rule(batch=said)
    def later(self, batch):
        """What is said again later is news of a call that is live, and of no other."""
        (requests, _), ended = batch, self.ended()
        self.clock += timedelta(minutes=1)
        received = self.hears(requests, self.clock)

        assert {each.result for each in received} <= {Result.APPLIED, Result.DUPLICATE}
        assert {each.result for each in received if each.event is None} <= {Result.DUPLICATE}
        assert self.ended() == ended

    @rule()
    def late(self):
        """A live event of every call there is: none that has its report opens again."""
        for call in Call.objects.standing():
            if "no-id" not in call.ref and call.aliases.filter(kind="sid").exists():
                self.say([self.fields("live_call", "Picked", call.ref, "", "8000000201", 0)])

    @rule()
    def replayed(self):
        """Reading every stored delivery again changes nothing."""
        before = self.look()
        replay(Delivery.objects.all(), cache, apply=True)

        assert self.look() == before

    def say(self, requests):
        self.clock += timedelta(seconds=10)
        told = []
        after_commit.append(told.append)
        try:
            self.hears(requests, self.clock)
        finally:
            after_commit.pop()
        self.what_a_commit_tells_is_what_can_be_read(told)
        return requests, self.clock

    def hears(self, requests, at):
        self.provider.clock = at
        self.sent += len(requests)
        return self.provider.says_at_once(requests)

    def what_a_commit_tells_is_what_can_be_read(self, told):
        """A board is not to look different because its process made the commit itself."""
        for changes in told:
            by_number = Call.objects.filter(seq__gte=changes.first, seq__lte=changes.last).order_by("seq")
            assert changes.calls is None or changes.calls == read_calls(by_number)

    def look(self):
        return sorted(Call.objects.values_list("ref", "seq", "digest")), Head.objects.values_list(
            "seq", flat=True
        ).first()

    @invariant()
    def every_delivery_has_one_end_and_the_counts_add_up(self):
        if self.sent:
            counts = [Delivery.objects.filter(result=result).count() for result in Result]
            assert sum(counts) == Delivery.objects.count() == self.sent
            assert not Delivery.objects.filter(result="quarantined", reason="").exists()
            assert not Delivery.objects.filter(result="applied", call=None).exists()

    @invariant()
    def every_call_is_what_its_deliveries_make_of_it(self):
        directory = self.directory() if self.sent else None
        for call in Call.objects.standing() if self.sent else ():
            heard = Delivery.objects.filter(call=call, result="applied").values_list("id", "event")
            facts = derive([load(text, delivery) for delivery, text in heard], directory)
            facts.flags = sorted({*facts.flags, *{AGENT_ELSEWHERE}.intersection(call.flags)})
            assert {name: getattr(call, name) for name in SHOWN} == {name: getattr(facts, name) for name in SHOWN}

    def directory(self):
        return Directory(
            *(dict.fromkeys(of.objects.filter(source=self.source).values_list("number_key", flat=True), "")
              for of in (Agent, VirtualNumber))
        )  # fmt: skip

    def reported(self):
        reports = Delivery.objects.filter(result="applied", event__contains='"kind":"report"')
        return Call.objects.standing().filter(deliveries__in=reports).distinct()

    def ended(self):
        """How the calls look that have their reports."""
        return sorted((call.ref, call.digest) for call in self.reported() if AWAITED not in call.flags)

    @invariant()
    def a_call_with_its_report_stays_ended(self):
        """A report that names another agent than the one who talks is not that of the call."""
        for call in self.reported().exclude(state="ended", provisional=False) if self.sent else ():
            events = [load(each.event, each.pk) for each in call.deliveries.filter(result="applied")]
            named = {event.agent for event in events if event.is_report}
            picked_up = {event.agent for event in events if event.phase is State.TALKING}
            assert AWAITED in call.flags and picked_up - named - {""} and "" not in named

    @invariant()
    def of_the_calls_in_which_an_agent_talks_one_is_not_in_doubt(self):
        talking = Call.objects.live().filter(state="talking").exclude(agent_number=None) if self.sent else ()
        for agent in {call.agent_number for call in talking}:
            own = [call for call in talking if call.agent_number == agent]
            doubted = [call for call in own if AGENT_ELSEWHERE in call.flags]
            several = len(own) >= PICKED_UP or self.ended_of(agent).count() > TALKS_AT_ONCE
            assert len(doubted) == len(own) - 1 or (several and not doubted)
        assert not [call for call in Call.objects.exclude(state="talking") if AGENT_ELSEWHERE in call.flags]

    def ended_of(self, agent):
        return Call.objects.standing().filter(agent_number=agent, state="ended", provisional=False)

    @invariant()
    def numbers_grow_with_every_visible_change_and_with_nothing_else(self):
        if not self.sent:
            return
        rows = Call.objects.values_list("pk", "seq", "digest", "merged_into")
        found = {pk: (seq, digest, merged) for pk, seq, digest, merged in rows}
        seqs = [seq for seq, _, _ in found.values()]
        assert len(set(seqs)) == len(seqs)
        assert max(seqs, default=0) <= (Head.objects.values_list("seq", flat=True).first() or 0)
        for pk, (seq, *shown) in found.items():
            if pk in self.rows:
                was, *before = self.rows[pk]
                assert (seq > was) == (shown != before)
        self.rows = found


@pytest.fixture
def machine(db):
    def run(**how):
        checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
        # Not made smaller: that takes minutes, and the steps are readable as they are.
        how |= {"phases": [Phase.reuse, Phase.generate], "report_multiple_bugs": False}
        run_state_machine_as_test(Calls, settings=settings(deadline=None, suppress_health_check=checks, **how))

    return run


def test_any_deliveries_in_any_order_keep_the_promises(machine):
    machine(max_examples=12, stateful_step_count=15, derandomize=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_any_deliveries_in_any_order_keep_the_promises_for_long(machine):
    machine(max_examples=EXAMPLES, stateful_step_count=40)
