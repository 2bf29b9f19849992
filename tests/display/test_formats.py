"""Lengths, moments, figures and phone numbers read the same wherever they are written: in Python and in the browser."""

import json
import subprocess
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest

from calls.display import formats
from calls.display.masking import mask
from tests.pages.test_browser_state import modules, node  # noqa: F401

NOW = datetime(2026, 11, 27, 12, 12, 10, tzinfo=UTC)
AGES = [0, 5, 59, 60, 61, 3_599, 3_600, 71_999, 72_000, 200_000, 86_400 * 100, 86_400 * 330, 86_400 * 400]
MOMENTS = [NOW - timedelta(seconds=age) for age in AGES]
# The hours around changes of the clock, and the turn of a year.
MOMENTS += [datetime(2026, *at, tzinfo=UTC) for at in ((3, 8, 6, 59), (3, 8, 7), (11, 1, 5, 59), (11, 1, 6), (1, 1, 4))]
NUMBERS = [
    *(
        "+919000000101",
        "+911145550003",
        "+911200000301",
        "+14155550123",
        "+442079460123",
        "+862138001380",
        "+3725551234",
    ),
    *("09000000101", "1800123456", "201", "12345", "anonymous", "", "90XXXXXX01", "+91••••••0101", "+44••••••0123"),
    *(f"+{code}55512345" for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE),
    *(f"+{code}{'•' * 5}1234" for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE),
]
LENGTHS = [None, 0, 7, 59, 60, 760, 3_599, 3_600, 3_723, 360_000]
ABOUTS = [0, 1, 89, 89.5, 90, 150, 5_399, 5_400, 9_000, 172_799, 172_800, 1_000_000]

SCRIPT = """
import { readFileSync } from "node:fs";
import * as f from "./static/js/shared/format.js";
const { site, now, moments, numbers, lengths, abouts, spaced } = JSON.parse(readFileSync(0));
f.learnFormats(site);
f.learnSpacing(spaced);
console.log(JSON.stringify({
  clock: moments.map(f.clock), clock_seconds: moments.map(f.clockSeconds), day: moments.map(f.day),
  day_time: moments.map((at) => f.dayTime(at, now)), exact: moments.map(f.exact),
  when: moments.map((at) => f.when(at, now)), phone: numbers.map(f.phone), length: lengths.map(f.length),
  about: abouts.map((s) => f.about(s * 1000)), figure: [0, 999, 1000, 1234567].map(f.figure),
}));
"""


def in_python() -> dict[str, list[str]]:
    return {
        "clock": [formats.clock(at) for at in MOMENTS],
        "clock_seconds": [formats.clock_seconds(at) for at in MOMENTS],
        "day": [formats.day(at) for at in MOMENTS],
        "day_time": [formats.day_time(at, NOW) for at in MOMENTS],
        "exact": [formats.exact(at) for at in MOMENTS],
        "when": [formats.when(at, NOW) for at in MOMENTS],
        "phone": [formats.phone(number) for number in NUMBERS],
        "length": [formats.length(seconds) for seconds in LENGTHS],
        "about": [formats.about(seconds) for seconds in ABOUTS],
        "figure": [formats.figure(count) for count in (0, 999, 1000, 1234567)],
    }


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "America/New_York", "Asia/Dubai", "Australia/Lord_Howe", "Pacific/Chatham", "UTC"]
)
def test_python_and_browser_write_the_same(zone, settings, node, modules):  # noqa: F811
    settings.TIME_ZONE = zone
    given = {
        "site": formats.browser_formats(),
        "now": NOW.timestamp() * 1000,
        "moments": [at.timestamp() * 1000 for at in MOMENTS],
        "numbers": NUMBERS,
        "lengths": LENGTHS,
        "abouts": ABOUTS,
        "spaced": {number: spaced for number in NUMBERS if (spaced := formats.spacing(number))},
    }
    told = subprocess.run(
        [node, "--input-type=module", "-e", SCRIPT],
        # The viewer's own zone plays no part.
        cwd=modules, input=json.dumps(given), capture_output=True, text=True, timeout=60, env={"TZ": "America/Lima"},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == in_python()


def test_how_moments_read(settings):
    settings.TIME_ZONE = "Asia/Kolkata"
    assert formats.exact(NOW) == "27 Nov 2026, 17:42:10 IST"
    assert formats.day_time(NOW - timedelta(days=400), NOW) == "23 Oct 2025, 17:42"
    assert formats.when(NOW - timedelta(hours=21), NOW) == "26 Nov, 20:42"
    settings.TIME_ZONE = "Asia/Dubai"
    assert formats.exact(NOW) == "27 Nov 2026, 16:12:10 UTC+4"


@pytest.mark.parametrize(
    ("number", "spaced"),
    [
        ("+919000000101", "+91 90000 00101"),
        ("+911145550003", "+91 11 4555 0003"),
        ("+442079460123", "+44 20 7946 0123"),
        ("+14155550123", "+1 415 555 0123"),
        ("+8613800138000", "+86 138 0013 8000"),
        ("anonymous", "anonymous"),
    ],
)
def test_a_number_stands_in_the_groups_of_its_own_country(number, spaced):
    assert formats.phone(number) == spaced
    assert formats.phone(number).replace(" ", "") == number, "copied, it is the number"


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+919000006729", "+91 ••••• •6729"),
        ("+442079460123", "+44 ••••• •0123"),
        ("+3725551234", "+372 ••• •234"),
        ("09000006729", "••• •••• •729"),
    ],
)
def test_a_masked_number_keeps_its_country_and_its_last_four_digits_whole(number, masked):
    assert formats.phone(mask(number)) == masked
