"""A recording is linked only where its host is allowed; everything a URL can be bent into is refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calls.display import recordings
from calls.display.recordings import LONGEST, allowed_link, hosts_of

HOSTS = hosts_of("callrecords.example.com\n  NEWRECORDS.example.com \n\n")
GOOD = "https://callrecords.example.com/2030/01/a.mp3"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (GOOD, GOOD),
        (GOOD + "?id=1&part=2", GOOD + "?id=1&part=2"),
        ("https://callrecords.example.com", "https://callrecords.example.com"),
        ("https://callrecords.example.com:443/a.mp3", "https://callrecords.example.com/a.mp3"),
        ("HTTPS://CallRecords.Example.COM/A.mp3", "https://callrecords.example.com/A.mp3"),
        ("https://newrecords.example.com/a%20b.mp3", "https://newrecords.example.com/a%20b.mp3"),
        (GOOD + "#t=10", GOOD),
        ("https://callrecords.example.com/a@b.mp3", "https://callrecords.example.com/a%40b.mp3"),
        ('https://callrecords.example.com/"onmouseover="x', "https://callrecords.example.com/%22onmouseover=%22x"),
        ("https://callrecords.example.com/<script>", "https://callrecords.example.com/%3Cscript%3E"),
        ("https://callrecords.example.com//evil.example/a", "https://callrecords.example.com//evil.example/a"),
        (
            "https://callrecords.example.com/?next=//evil.example",
            "https://callrecords.example.com/?next=//evil.example",
        ),
    ],
)
def test_an_https_link_at_an_allowed_host_is_given_spelt_anew(url, link):
    assert allowed_link(url, HOSTS) == link


OTHER_SCHEMES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript://callrecords.example.com/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:audio/mpeg;base64,AAAA",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://callrecords.example.com/1",
    "ftp://callrecords.example.com/a.mp3",
    "ws://callrecords.example.com/",
    "http://callrecords.example.com/a.mp3",
    "//callrecords.example.com/a.mp3",
    "///callrecords.example.com/a.mp3",
    "/a.mp3",
    "a.mp3",
    "callrecords.example.com/a.mp3",
    "https:callrecords.example.com/a.mp3",
    "https:/callrecords.example.com/a.mp3",
    "https:///callrecords.example.com/a.mp3",
    "https://",
    "https://?",
    "https://#",
    "https",
    "",
    "mailto:a@callrecords.example.com",
    "view-source:https://callrecords.example.com/",
    "jar:https://callrecords.example.com/a!/b",
    "feed:https://callrecords.example.com/a",
]
OTHER_HOSTS = [
    "https://evil.example/a.mp3",
    "https://example.com/a.mp3",
    "https://xcallrecords.example.com/a.mp3",
    "https://a.callrecords.example.com/a.mp3",
    "https://callrecords.example.com.evil.example/a.mp3",
    "https://callrecords.example.com./a.mp3",
    "https://callrecords.example.comevil/a.mp3",
    "https://callrecords-example.com/a.mp3",
    "https://callrecords.example.com%2eevil.example/a.mp3",
    "https://callrecords.example.com%00.evil.example/a.mp3",
    "https://callrecords%2eexample.com/a.mp3",
    "https://evil.example/callrecords.example.com/a.mp3",
    "https://evil.example?callrecords.example.com",
    "https://evil.example#callrecords.example.com",
    "https://localhost/a.mp3",
    "https://localhost.localdomain/a.mp3",
]
ADDRESSES = [
    "https://127.0.0.1/a.mp3",
    "https://127.1/a.mp3",
    "https://2130706433/a.mp3",
    "https://0x7f000001/a.mp3",
    "https://0177.0.0.1/a.mp3",
    "https://0/a.mp3",
    "https://10.0.0.1/a.mp3",
    "https://169.254.169.254/latest/meta-data/",
    "https://[169.254.169.254]/latest/meta-data/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://[::1]/a.mp3",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[::ffff:127.0.0.1]/a.mp3",
    "https://[callrecords.example.com]/a.mp3",
    "https://[::1/a.mp3",
    "https://::1]/a.mp3",
    "https://[::1%25eth0]/a.mp3",
    "https://[v1.callrecords.example.com]/",
]
USERINFO = [
    "https://user@callrecords.example.com/a.mp3",
    "https://user:word@callrecords.example.com/a.mp3",
    "https://@callrecords.example.com/a.mp3",
    "https://:@callrecords.example.com/a.mp3",
    "https://callrecords.example.com@evil.example/a.mp3",
    "https://callrecords.example.com:443@evil.example/a.mp3",
    "https://evil.example@callrecords.example.com/a.mp3",
    "https://callrecords.example.com%40evil.example/a.mp3",
    "https://a@b@callrecords.example.com/",
]
PORTS = [
    "https://callrecords.example.com:80/a.mp3",
    "https://callrecords.example.com:8443/a.mp3",
    "https://callrecords.example.com:/a.mp3",
    "https://callrecords.example.com:0/a.mp3",
    "https://callrecords.example.com:99999/a.mp3",
    "https://callrecords.example.com:-443/a.mp3",
    "https://callrecords.example.com:443443/a.mp3",
    "https://callrecords.example.com:https/a.mp3",
    "https://callrecords.example.com:443:443/a.mp3",
    "https://callrecords.example.com:٤٤٣/a.mp3",
]
BACKSLASHES = [
    "https:\\\\callrecords.example.com\\a.mp3",
    "https://callrecords.example.com\\@evil.example/a.mp3",
    "https://evil.example\\@callrecords.example.com/a.mp3",
    "https://evil.example\\.callrecords.example.com/",
    "\\\\callrecords.example.com\\a.mp3",
    "https:/\\callrecords.example.com/",
    "https://callrecords.example.com/a\\b.mp3",
]
BLANKS_AND_CONTROLS = [
    " https://callrecords.example.com/a.mp3",
    "https://callrecords.example.com/a.mp3 ",
    "https://callrecords.example.com/a b.mp3",
    "https://callrecords.example.com /a.mp3",
    "https://callrecords.example.com\t/a.mp3",
    "ht\ntps://callrecords.example.com/a.mp3",
    "https://callrecords.example.com/a.mp3\n",
    "https://callrecords.example.com/a.mp3\r\nLocation: https://evil.example",
    "https://callrecords.example.com/a\r\n\r\n<script>",
    "\x00https://callrecords.example.com/a.mp3",
    "https://callrecords.example.com/a\x00.mp3",
    "https://callrecords.example.com/a\x7f.mp3",
    "\x01javascript:alert(1)",
    "java\tscript:alert(1)",
    "https://callrecords.example.com/\u2028a.mp3",
    "https://callrecords.example.com/\u00a0a.mp3",
    "https://callrecords.example.com/\ufeffa.mp3",
    "https://callrecords.example.com/\ud800.mp3",
]
LOOK_ALIKES = [
    "https://сallrecords.example.com/a.mp3",  # Cyrillic es
    "https://callrecords.exаmple.com/a.mp3",  # Cyrillic a
    "https://callrecords。example。com/a.mp3",  # ideographic full stops
    "https://ｃallrecords.example.com/a.mp3",  # full-width c
    "https://callrecords.example.com／a.mp3",  # full-width slash
    "https://evil.example／callrecords.example.com",
    "https://evil.example℀callrecords.example.com",
    "https://caⅼlrecords.example.com/a.mp3",  # Roman numeral fifty
    "https://callrecords.example\u200b.com/a.mp3",
    "https://callrecords.example.com\u202e/3pm.a",
    "https://xn--allrecords-4wf.example.com/a.mp3",
    "https://callrecords.example.com/ä.mp3",
]


@pytest.mark.parametrize(
    "url",
    OTHER_SCHEMES + OTHER_HOSTS + ADDRESSES + USERINFO + PORTS + BACKSLASHES + BLANKS_AND_CONTROLS + LOOK_ALIKES,
    ids=ascii,
)
def test_every_other_url_is_refused(url):
    assert allowed_link(url, HOSTS) is None


def test_a_recording_that_is_not_there_has_no_link():
    assert allowed_link(None, HOSTS) is None


def test_an_address_is_refused_even_where_the_list_names_it():
    assert allowed_link("https://169.254.169.254/a", ["169.254.169.254"]) is None
    assert allowed_link("https://[::1]/a", ["::1", "[::1]"]) is None
    assert allowed_link("https://localhost/a", ["localhost"]) is None


def test_an_empty_list_allows_nothing():
    assert allowed_link(GOOD, []) is None


def test_a_link_may_be_just_as_long_as_the_limit():
    longest = "https://callrecords.example.com/".ljust(LONGEST, "a")

    assert allowed_link(longest, HOSTS) == longest
    assert allowed_link(longest + "a", HOSTS) is None


def test_a_link_that_grows_past_the_limit_when_spelt_anew_is_refused():
    assert allowed_link("https://callrecords.example.com/".ljust(LONGEST, '"'), HOSTS) is None


def test_what_is_given_is_given_again_for_itself():
    """What the page shows is read by another parser: spelling it anew must have nothing left to do."""
    for url in (GOOD, 'https://callrecords.example.com/a"b?c=<d>'):
        link = allowed_link(url, HOSTS)
        assert allowed_link(link, HOSTS) == link


PIECES = ["callrecords.example.com", "com", "evil.example", "-a.example.com", "a.mp3", ":443", *"A/.-~_%?#@:\\ \n2é"]


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.sampled_from(["https://", "HTTPS://", "http://"]))
@example("callrecords.example.com/a.mp3", "https://")
@example("callrecords.example.com//a/../b", "https://")
@example("callrecords.example.com/" + LONGEST * "a", "https://")
@example("-a.example.com/a", "https://")
def test_the_usual_link_is_judged_as_by_all_the_rules(rest, scheme):
    hosts = HOSTS | {"com", "-a.example.com"}
    assert allowed_link(scheme + rest, hosts) == recordings._checked(scheme + rest, hosts)
