"""What one board is sent and acknowledges: when it counts as behind, and from when on numbers count anew."""

import pytest

from calls.boards import flow as flow_module
from calls.boards.flow import Flow
from calls.boards.frames import Frame, Snapshot


def frame(seq):
    return Frame(b"{}", seq)


def snapshot(seq, epoch="one"):
    made = Snapshot(epoch, seq)
    made.parts = [frame(seq)]
    return made


def show(flow, made):
    flow.begin(made)
    for part in made.parts:
        flow.sending(part, 0)
        flow.sent()
    assert flow.next_frame() is None


def send(flow, seq):
    """Offer a frame, and send what the flow lets through."""
    flow.offer(frame(seq), 0)
    sent = []
    while waiting := flow.next_frame():
        flow.sending(waiting, 0)
        flow.sent()
        sent.append(waiting.seq)
    return sent


@pytest.fixture
def flow(monkeypatch):
    """A flow that lets two frames ahead."""
    monkeypatch.setattr(flow_module, "FRAMES_AHEAD", 2)
    return Flow(0)


def test_a_board_is_let_a_few_frames_ahead_and_then_sent_nothing_until_it_has_shown_them(flow):
    show(flow, snapshot(5))
    assert [send(flow, seq) for seq in (6, 7, 8, 9)] == [[6], [7], [], []]
    flow.acknowledge(6, 0)
    assert not flow.recovered
    flow.acknowledge(7, 0)
    assert flow.recovered


def test_before_the_first_change_nothing_is_to_be_acknowledged(flow):
    show(flow, snapshot(0))
    assert [send(flow, 0) for _ in range(10)] == [[0]] * 10


def test_a_number_that_was_acknowledged_counts_no_more(flow):
    show(flow, snapshot(5))
    flow.acknowledge(5, 0)
    assert [send(flow, 5) for _ in range(10)] == [[5]] * 10


@pytest.mark.parametrize("anew", [snapshot(2), snapshot(2, "another"), snapshot(9, "another")])
def test_numbers_that_begin_anew_are_to_be_acknowledged_anew(flow, anew):
    """Another epoch; or another scope, whose latest change is an earlier one."""
    show(flow, snapshot(5))
    send(flow, 6)
    flow.acknowledge(6, 0)
    flow.resend_all()
    show(flow, anew)
    following = range(anew.seq + 1, anew.seq + 5)
    assert [send(flow, seq) for seq in following] == [[anew.seq + 1], [anew.seq + 2], [], []]


def test_it_is_stuck_once_nothing_moves_for_ten_seconds(flow):
    show(flow, snapshot(5))
    for seq in (6, 7, 8):
        send(flow, seq)
    assert not flow.stuck(10) and flow.stuck(10.1)
    flow.acknowledge(6, 5)
    assert not flow.stuck(10.1) and flow.stuck(15.1)
