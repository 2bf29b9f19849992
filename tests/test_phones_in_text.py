"""What is taken for a number in free text: every spelling of one, and no date, time or address of a host."""

import sys
import unicodedata

import pytest

from calls.display.masking import mask_text
from calls.phones_in_text import DIGIT, only_digits
from tests.support.spellings import E164, LOCAL, NO_NUMBERS, SPELLINGS, UNUSUAL_DIGITS, digits


@pytest.mark.parametrize("written", [*SPELLINGS, *UNUSUAL_DIGITS])
@pytest.mark.parametrize("around", ["{}", "Asha {}", "busy_{}", "{} x", "({})", "on 2026-11-27: {}"])
def test_words_hide_a_number_however_it_is_written(written, around):
    shown = mask_text(around.format(written)) or ""
    assert not any(LOCAL[at : at + 5] in digits(shown.replace("2026-11-27", "")) for at in range(5))
    assert digits(shown).endswith("111")


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_stays_as_it_is(text):
    assert mask_text(text) == text
    assert mask_text(f"said {text} so") == f"said {text} so"


@pytest.mark.parametrize("text", ["2026-11-271", "12.34.56.78", "18:13:05:06", "12026-11-27", "1203.0.113.95"])
def test_what_is_nearly_a_date_a_time_or_a_host_is_hidden(text):
    assert mask_text(text) != text


def test_a_number_beside_a_date_is_hidden_alone():
    assert mask_text("2026-11-27 98765 11111") == "2026-11-27 ••••• ••111"


@pytest.mark.parametrize("written", ["98765 --- 11111", "98765 or 11111", "98765\u091511111"])
def test_digits_that_stand_apart_are_two_words(written):
    assert mask_text(written) == written


def test_every_digit_of_unicode_is_one():
    signs = list(map(chr, range(sys.maxunicode + 1)))
    assert [sign for sign in signs if sign.isdigit() != bool(DIGIT.match(sign))] == []
    assert unicodedata.digit("⑨") == 9


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((f"({LOCAL[:5]}) {LOCAL[5:]}", LOCAL), ("+91 (98765) 11111", E164), ("98765x11111", LOCAL)),
        *(("Asha 98765 11111", None), ("98765 11111 Asha", None), ("12345", None), ("", None), ("+", None)),
    ],
)
def test_a_text_that_is_a_number_gives_its_digits(text, said):
    assert only_digits(text) == said
