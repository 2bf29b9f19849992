"""The first board shows what its address asks for: the server filters and sums as the browser does."""

import json
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from calls.display import wording
from calls.models import CallGroup
from calls.pages.shown_calls import Filters, group_sums
from calls.words import State
from tests.pages.test_browser_state import modules, node  # noqa: F401
from tests.pages.test_pages import a_call, page_of, plain_static_files, snapshot_of  # noqa: F401

NOW = datetime(2030, 1, 15, 4, 30, tzinfo=UTC)


def moment(seconds):
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def a_row(at, **given):
    nothing = dict.fromkeys(
        ("virtual_label", "agent_number", "agent_name", "outcome", "reason", "provider_status", "ended_at"), None
    )
    row = {"id": at, "ref": f"r{at}", "source": "Head office", "direction": "incoming", "state": "ringing", "flags": []}
    row |= {"customer_number": f"+9190000001{at:02}", "virtual_number": "+911200000301", "group": "Sales"}
    row |= {"began_at": moment(60 + at), "lost_track_at": moment(-600), "seq": at, "ring_attempts": []}
    return nothing | row | given


ROWS = [
    a_row(1),
    a_row(2, state="talking", agent_name="सुरेश कुमार", agent_number="+918000000202", group="बिक्री"),
    a_row(3, state="ivr", group=None),
    a_row(4, state="ringing", lost_track_at=moment(5), group="Support"),
    a_row(5, direction="outgoing", state="dialing", agent_number="+918000000203", virtual_label="Main line Noida"),
    a_row(6, state="ended", outcome="missed", reason="all_busy", ended_at=moment(9), agent_name="Asha Verma"),
    a_row(7, state="ended", outcome=None, ended_at=moment(8), group="Support", provider_status="NOANSWER"),
    a_row(8, state="ended", direction="outgoing", outcome="answered", customer_number=None, ended_at=moment(7)),
]
QUERIES = [
    *("", "group=Sales", "group=Sales&group=-", "group=Nobody", "state=waiting", "state=lost", "state=ringing"),
    *("state=talking&outcome=missed", "outcome=unknown", "agent=-", "agent=Asha+Verma", "agent=%2B918000000203"),
    *("direction=outgoing", "direction=outgoing&state=dialing", "q=0120", "q=90000+00101", "q=%2B91+90000-00104"),
    *("q=noida", "q=सुरेश", "q=waiting", "q=lost+track", "q=in+menu", "q=r7", "q=asha+missed", "q=busy", "q=outgoing"),
    *("q=no+such", "q=12", "q=()", "q=INCOMING+sales", "view=groups", "group=&state="),
]
SCRIPT = """
import { readFileSync } from "node:fs";
import { readFilters, tester } from "./static/js/board/filters.js";
import { summarize } from "./static/js/board/groups.js";
import { readCall } from "./static/js/live/store.js";
import { learnWords } from "./static/js/shared/words.js";
const { words, rows, queries, now } = JSON.parse(readFileSync(0));
learnWords(words);
const calls = rows.map(readCall);
console.log(JSON.stringify({
  shown: queries.map((query) => calls.filter(tester(readFilters(query), now)).map(({ id }) => id)),
  sums: summarize(calls.filter((call) => !call.isEnded), now),
}));
"""


def test_server_and_browser_find_the_same_calls_and_the_same_sums(node, modules):  # noqa: F811
    given = {"words": wording.browser_words(), "rows": ROWS, "queries": QUERIES, "now": NOW.timestamp() * 1000}
    told = subprocess.run(
        [node, "--input-type=module", "-e", SCRIPT],
        cwd=modules, input=json.dumps(given), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout)
    found = [[row["id"] for row in ROWS if Filters.of(QueryDict(query)).accepts(row, NOW)] for query in QUERIES]
    assert dict(zip(QUERIES, found, strict=True)) == dict(zip(QUERIES, said["shown"], strict=True))
    assert len({tuple(each) for each in found}) > 12, "the queries tell the calls apart"
    sums = group_sums([row for row in ROWS if row["state"] != "ended"], NOW)
    for each in sums:
        since = each.pop("waiting_since")
        each["waitingSince"] = since and datetime.fromisoformat(since).timestamp() * 1000
    assert sums == said["sums"]


def list_of(page, tag):
    return page[page.index(f"<{tag}") : page.index(f"</{tag}>")]


@pytest.mark.django_db
def test_the_first_board_shows_what_its_address_asks_for(client, admin_person, source, sales, support):
    a_call(source, sales, ref="a", customer_number="+919000000101")
    a_call(source, support, ref="b", customer_number="+919000000202", state=State.TALKING)
    page = page_of(client, admin_person, "/?group=Support&state=talking")
    rows = list_of(page, "live-list")
    assert "00202" in rows and "00101" not in rows
    assert ">1 of 2</span>" in page
    assert [call["customer_number"] for call in snapshot_of(page)["calls"]] == ["+919000000202"]
    nothing = page_of(client, admin_person, "/?q=nobody")
    assert 'id="empty-filtered">' in nothing and 'id="empty-live" hidden' in nothing


@pytest.mark.django_db
def test_a_call_that_matches_is_found_behind_all_that_are_more_urgent(client, admin_person, source, sales, support):
    for at in range(210):
        a_call(source, sales, ref=f"urgent{at}")
    a_call(source, support, ref="quiet", state=State.TALKING, customer_number="+919000000999")
    assert "00999" not in list_of(page_of(client, admin_person), "live-list")
    assert "00999" in list_of(page_of(client, admin_person, "/?group=Support"), "live-list")


@pytest.mark.django_db
def test_the_first_board_of_groups_holds_whole_sums(client, sales_supervisor, admin_person, source, sales, support):
    for at in range(210):
        a_call(source, sales, ref=f"s{at}")
    a_call(source, support, ref="t", state=State.TALKING)
    page = page_of(client, admin_person, "/?view=groups")
    assert 'data-view="groups"' in page and 'role="row"' not in list_of(page, "live-list")
    table = list_of(page, "group-list")
    assert table.index(">Sales</a>") < table.index(">Support</a>") and '<td class="waiting">210</td>' in table
    assert '"live": 210' in page[page.index('id="group-sums"') :]
    own = list_of(page_of(client, sales_supervisor, "/?view=groups"), "group-list")
    assert "Sales" in own and "Support" not in own
    assert CallGroup.objects.count() == 2
