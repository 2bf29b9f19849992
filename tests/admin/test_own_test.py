"""A source is tried out from Set-up: what became of the request is said, and nothing is left of it."""

import pytest

from calls.display.own_test_words import own_test_sentence
from calls.intake.own_test import try_out
from calls.models import SourceToken

SOURCES = "/admin/calls/source/"


@pytest.fixture
def nobody_listens(settings):
    settings.CALLBOARD_BASE_URL = "http://127.0.0.1:9"


def test_where_nothing_answers_that_is_said_and_no_token_is_left(admin, source, source_token, nobody_listens):
    said = admin.post(f"{SOURCES}{source.pk}/test/", follow=True).content.decode()

    assert "Nothing answered at http://127.0.0.1:9" in said
    assert SourceToken.objects.count() == 1, "that of the provider"


def test_the_tokens_of_the_provider_are_not_touched(source, nobody_listens):
    source.new_token(), source.new_token()
    before = list(SourceToken.objects.active().values_list("digest", flat=True))

    assert try_out(source).status is None

    assert list(SourceToken.objects.active().values_list("digest", flat=True)) == before


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        ((200, 12, "", "ignored", "no_call_fields"), "answered 200 after 12 ms, stored and read"),
        ((200, 12, "", "ignored", "source_disabled"), "the source is switched off"),
        ((200, 12), "something else answers at https://calls.example.com"),
        ((403, 3, "address"), "only the networks that are named at the source may deliver"),
        ((403, 3, "tls"), "must come by HTTPS"),
        ((503, 3, "busy"), "too many deliveries wait"),
        ((418, 3, "teapot"), "teapot"),
        ((502, 3), "something else answers"),
        ((None, 5_000), "within 5.0 s"),
    ],
)
def test_each_outcome_is_said_in_a_sentence(outcome, sentence):
    assert sentence in own_test_sentence("https://calls.example.com", *outcome)


def test_a_look_at_the_address_sends_nothing(admin, source):
    assert admin.get(f"{SOURCES}{source.pk}/test/").status_code == 405
