"""Random days: figures from sums are those of a slow computation, call by call, that shares no code with them."""

import random
from collections import Counter
from fractions import Fraction

import pytest

from calls.figures.definitions import FIGURES, count, judge, level_by
from calls.figures.levels import INCOMING, OFFERED
from calls.figures.parts import Clock, Formula, Settings, part_of
from calls.figures.sums import Sums, Tally, tally
from tests.support.days import random_day


def random_rules(seed):
    rng = random.Random(seed)

    def some():
        clock, formula = rng.choice(list(Clock)), rng.choice(list(Formula))
        limits = rng.choice([10, 20, 30]), rng.choice([0, 3, 5])
        return Settings(*limits, 80, clock, rng.choice([0, 0, 2]), formula, menu_offered=rng.random() < 0.5)

    return {group: some() for group in (1, 2, 3, None)}


def from_sums(calls, rules):
    found = Tally()
    for group, settings in rules.items():
        own = Tally()
        for direction in ("incoming", "outgoing", "internal", "unknown"):
            parts = [part_of(call) for call in calls if (call.group_id, call.direction) == (group, direction)]
            own += tally(direction, Sums.of(parts), settings)
        found += judge(own, settings)
    return found


def slow_wait(call, settings):
    """The wait of one call, from its moments."""
    if settings.clock == Clock.AFTER_PICKUP and call.outcome != "ivr_only":
        return None if call.wait_seconds is None else max(0, call.wait_seconds - settings.ivr_allowance)
    until = call.answered_at if call.outcome == "answered" else call.ended_at
    if call.outcome != "answered" and "end_time_assumed" in call.flags:
        return None
    start = call.started_at if settings.clock == Clock.WHOLE_CALL else call.ringing_at
    if call.outcome == "ivr_only" and settings.clock != Clock.WHOLE_CALL:
        start = (call.leg_a_picked_at or call.started_at) if settings.clock == Clock.AFTER_PICKUP else None
    if start is None or until is None or until < start:
        return None
    allowed = settings.ivr_allowance if settings.clock == Clock.AFTER_PICKUP else 0
    return max(0, int((until - start).total_seconds()) - allowed)


def slow_figures(calls, rules):
    incoming = [(call, slow_wait(call, rules[call.group_id]), rules[call.group_id]) for call in calls
                if call.direction == "incoming"]  # fmt: skip
    answered = [each for each in incoming if each[0].outcome == "answered"]
    in_menu = [each for each in incoming if each[0].outcome == "ivr_only"]
    counted_in_menu = [each for each in in_menu if each[2].menu_offered]
    gave_up = [each for each in incoming if each[0].outcome == "abandoned"] + counted_in_menu
    offered = len(incoming) - len(in_menu) + len(counted_in_menu)
    short = [each for each in gave_up if each[1] is not None and each[1] < each[2].short]
    abandoned = [each for each in gave_up if each not in short]
    missed = [each for each in incoming if each[0].outcome == "missed"]
    waits = sorted(wait for _, wait, _ in answered if wait is not None)
    outgoing = Counter(call.outcome for call in calls if call.direction == "outgoing")
    talks = [call.talk_seconds for call, *_ in answered if call.talk_seconds is not None]
    given_up_after = [wait for _, wait, _ in gave_up if wait is not None]
    rings = [
        int((call.answered_at - call.ringing_at).total_seconds())
        for call, *_ in answered
        if call.ringing_at and call.answered_at and call.answered_at >= call.ringing_at
    ]
    in_vain = [
        int((call.ended_at - call.ringing_at).total_seconds())
        for call, *_ in incoming
        if call.outcome in ("abandoned", "missed") and call.ringing_at and "end_time_assumed" not in call.flags
    ]
    reached = [call for call in calls if (call.direction, call.outcome) == ("outgoing", "answered")]
    outgoing_talks = [call.talk_seconds for call in reached if call.talk_seconds is not None]
    answered_coins = sum(Fraction(call.coins or 0) for call, *_ in answered)
    level = slow_level(answered, abandoned, short, missed)
    coins = [(call, call.coins or 0) for call, *_ in incoming]
    return {
        "offered": offered,
        "answered": len(answered),
        "service-level": level,
        "average-wait": over(sum(waits), len(waits)),
        "median-wait": waits[-(-len(waits) // 2) - 1] if waits else None,
        "wait-90": waits[-(-len(waits) * 9 // 10) - 1] if waits else None,
        "longest-wait": max(waits, default=None),
        "lost": len(abandoned) + len(missed),
        "lost-rate": over(len(abandoned) + len(missed), len(answered) + len(abandoned) + len(missed)),
        "abandoned": len(abandoned),
        "abandon-rate": over(len(abandoned), len(answered) + len(abandoned) + len(missed)),
        "abandon-rate-offered": over(len(abandoned), offered - len(short)),
        "short-abandons": len(short),
        "abandon-time": over(sum(given_up_after), len(given_up_after)),
        "missed": len(missed),
        "failed": sum(call.outcome == "failed" for call, *_ in incoming),
        "unknown": sum(call.outcome in ("unknown", "agent_missed", "customer_missed") for call, *_ in incoming),
        "menu-only": len(in_menu) - len(counted_in_menu),
        "other": sum(call.outcome in ("failed", "unknown", "agent_missed", "customer_missed") for call, *_ in incoming)
        + len(short),
        "live": 0,
        "talk-time": over(sum(talks), len(talks)),
        "ring-time": over(sum(rings), len(rings)),
        "ring-time-unanswered": over(sum(in_vain), len(in_vain)),
        "outgoing": sum(outgoing.values()),
        "outgoing-talk-time": over(sum(outgoing_talks), len(outgoing_talks)),
        "outgoing-cost": sum(Fraction(call.coins or 0) for call in calls if call.direction == "outgoing"),
        "connect-rate": over(outgoing["answered"], outgoing["answered"] + outgoing["customer_missed"]),
        "cost": sum(Fraction(coin) for _, coin in coins),
        "cost-per-call": over(sum(Fraction(coin) for _, coin in coins), len(incoming)),
        "cost-per-talk-minute": over(60 * answered_coins, sum(talks)),
        "cost-per-answered": over(sum(Fraction(coin) for _, coin in coins), len(answered)),
        "cost-unanswered": sum(Fraction(coin) for call, coin in coins if call.outcome != "answered"),
    }


def slow_level(answered, abandoned, short, missed):
    """Each call by the formula of its own group."""
    above = below = 0
    for _, wait, rules in answered:
        below += wait is not None
        above += wait is not None and wait <= rules.threshold
    for _, wait, rules in [*abandoned, *short]:
        quick, in_time = (_, wait, rules) in short, wait is not None and wait <= rules.threshold
        match rules.formula:
            case "1":
                above, below = above + (in_time or quick), below + 1
            case "3":
                below += 1
            case "4":
                below += not (in_time or quick)
            case "5":
                above, below = above + quick, below + 1
            case "6":
                below += not quick
    below += sum(rules.formula != "2" for *_, rules in missed)
    return over(above, below)


def over(above, below):
    return Fraction(above) / below if below else None


@pytest.mark.parametrize("seed", range(25))
def test_figures_from_sums_are_those_of_a_slow_computation(seed):
    calls, rules = random_day(seed), random_rules(seed)
    found, wanted = from_sums(calls, rules), slow_figures(calls, rules)

    assert wanted.keys() == FIGURES.keys()
    for name, figure in FIGURES.items():
        amount, exact = figure.of(found).amount, wanted[name]
        assert amount == (None if exact is None else pytest.approx(float(exact))), name


@pytest.mark.parametrize("seed", range(5))
def test_what_was_added_can_be_taken_out_in_any_order(seed):
    calls = random_day(seed)
    parts = [part_of(call) for call in calls]
    sums = Sums.of(parts)
    random.Random(seed).shuffle(parts)
    for part in parts[50:]:
        sums.add(part, -1)

    assert sums == Sums.of(parts[:50])
    for part in parts[:50]:
        sums.add(part, -1)
    assert sums == Sums()


@pytest.mark.parametrize("menu_offered", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_the_identities_hold(seed, menu_offered):
    calls = random_day(seed)
    rules = {group: own._replace(menu_offered=menu_offered) for group, own in random_rules(seed).items()}
    together = from_sums(calls, rules)
    apart = [from_sums([call for call in calls if call.group_id == group], rules) for group in rules]

    incoming = sum(call.direction == "incoming" for call in calls)
    assert count(together, OFFERED) + count(together, INCOMING - OFFERED) == incoming
    assert (count(together, OFFERED) == incoming) == menu_offered
    parts_of_offered = ("answered", "abandoned", "short-abandons", "missed", "failed", "unknown", "live")
    assert FIGURES["offered"].of(together).numerator == sum(
        FIGURES[name].of(together).numerator for name in parts_of_offered
    )
    for figure in FIGURES.values():
        if figure.unit == "calls":
            assert figure.of(together).numerator == sum(figure.of(each).numerator for each in apart)
    for formula in Formula:
        levels = [level_by(formula, each) for each in (together, *apart)]
        assert levels[0].numerator == sum(each.numerator for each in levels[1:])
        assert levels[0].denominator == sum(each.denominator for each in levels[1:])
