import assert from "node:assert/strict";
import { test } from "node:test";

import { Pace } from "../../static/js/live/pace.js";
import { Painter } from "../../static/js/live/painter.js";
import {
  sourceIsSilent,
  callsAreLeftOut,
  callsAreRefused,
  clockIsWrong,
  clockWasSet,
  feed,
  Lag,
  muchIsUnusual,
  truth,
} from "../../static/js/live/truth.js";
import { Clock } from "../../static/js/live/clock.js";
import { clockSentence } from "../../static/js/shared/words.js";
import { Host } from "./host.mjs";
import "./words.mjs";

const iso = (ms) => new Date(ms).toISOString();

test("the clock goes by the server's, however wrong the browser's is", () => {
  const host = new Host();
  const clock = new Clock(host);
  clock.correct(iso(host.now() + 90_000));
  host.pass(5_000);
  assert.equal(clock.now(), host.now() + 90_000);
});

test("the fastest message tells the time, a slow one does not turn it back", () => {
  const host = new Host();
  const clock = new Clock(host);
  clock.correct(iso(host.now() + 10_000));
  assert.equal(clock.correct(iso(host.now() + 8_000)), 2_000);
  assert.equal(clock.now(), host.now() + 10_000);
});

test("a server's clock that was put back is followed within eight messages", () => {
  const host = new Host();
  const clock = new Clock(host);
  clock.correct(iso(host.now() + 60_000));
  for (let i = 0; i < 8; i += 1) clock.correct(iso(host.now()));
  assert.equal(clock.now(), host.now());
});

test("the clock beats once a second, on the second", () => {
  const host = new Host();
  const clock = new Clock(host);
  clock.correct(iso(host.now() + 400));
  const beats = [];
  clock.addEventListener("tick", () => beats.push(clock.now() % 1000));
  clock.start();
  host.pass(3_000);
  assert.deepEqual(beats, [0, 0, 0]);
});

test("the second that timers show goes on with the beat, not between", () => {
  const host = new Host();
  const clock = new Clock(host);
  clock.correct(iso(host.now() + 400));
  const from = clock.second();
  const shown = [];
  clock.addEventListener("tick", () => shown.push(clock.second() - from));
  clock.start();
  host.pass(599);
  assert.equal(clock.second(), from);
  host.pass(2_000);
  assert.deepEqual(shown, [1_000, 2_000]);
});

function painterOn(host, hidden = false) {
  const painted = [];
  const frames = [];
  const painter = new Painter(() => painted.push(host.now()), {
    now: host.now,
    setTimeout: host.setTimeout,
    clearTimeout: host.clearTimeout,
    requestAnimationFrame: (deed) => frames.push(deed),
    hidden: () => hidden,
  });
  return {
    painter,
    painted,
    frame: () => {
      for (const deed of frames.splice(0)) deed();
    },
  };
}

test("the first change after a pause is painted with the next frame, the rest every 250 ms", () => {
  const host = new Host();
  const { painter, painted, frame } = painterOn(host);
  painter.ask();
  painter.ask();
  frame();
  assert.equal(painted.length, 1);
  painter.ask();
  frame();
  assert.equal(painted.length, 1);
  host.pass(250);
  frame();
  assert.equal(painted.length, 2);
});

test("the beat takes along what waits to be painted, and the next paint counts from there", () => {
  const host = new Host();
  const { painter, painted, frame } = painterOn(host);
  painter.ask();
  frame();
  host.pass(100);
  painter.ask();
  painter.beat();
  painter.beat();
  frame();
  painter.ask();
  host.pass(200);
  frame();
  assert.deepEqual(
    painted.map((at) => at - painted[0]),
    [0, 100],
  );
  host.pass(50);
  frame();
  assert.equal(painted.length, 3);
});

test("a beat paints though nothing has come", () => {
  const { painter, painted, frame } = painterOn(new Host());
  painter.beat();
  frame();
  assert.equal(painted.length, 1);
});

test("a hidden tab paints without frames", () => {
  const { painter, painted } = painterOn(new Host(), true);
  painter.ask();
  assert.equal(painted.length, 1);
});

test("more than 20 changes a second are too many to move", () => {
  const pace = new Pace();
  pace.add(20, 0);
  assert.equal(pace.isCalm(500), true);
  pace.add(1, 600);
  assert.equal(pace.isCalm(900), false);
  assert.equal(pace.isCalm(1_700), true);
});

test("the line's truth: live, late after 6 s, stale after 30 s, whatever the socket says", () => {
  const level = (given) => truth({ status: "open", age: 0, lag: null, whole: true, ...given }).level;
  assert.equal(level({}), "live");
  assert.equal(level({ whole: false }), "joining");
  assert.equal(level({ status: "waiting" }), "joining");
  assert.equal(level({ age: 5_999 }), "live");
  assert.equal(level({ age: 6_000 }), "late");
  assert.equal(level({ age: 30_000, status: "waiting" }), "stale");
  assert.equal(level({ status: "no-right" }), "over");
  assert.equal(level({ status: "signed-out" }), "over");
});

test("a stale board says for how long; a feed that is silent too long is told apart from a dead line", () => {
  assert.equal(truth({ status: "open", age: 47_000, lag: null, whole: true }).word, "Stale for 47 s");
  assert.deepEqual(feed(4_000, null), { quiet: false, text: "last delivery 4 s ago" });
  assert.deepEqual(feed(1_900_000, 900_000), { quiet: true, text: "no delivery for 15 min" });
  assert.deepEqual(feed(null, null), { quiet: false, text: "no delivery yet" });
  assert.equal(sourceIsSilent("Delhi", 1_200_000).text, "Delhi: no delivery for 20 min");
  const unusual = muchIsUnusual({ kind: "quarantined", odd: 12, looked_at: 80 });
  assert.equal(unusual.detail, "12 of the 80 latest deliveries were set aside. Set-up says more.");
  assert.equal(callsAreLeftOut(1_240).text, "1,240 live calls not shown");
  const refused = callsAreRefused("The source had too many.");
  assert.deepEqual(refused, { quiet: true, text: "new calls set aside", detail: "The source had too many." });
});

test("a source whose times cannot be is named, with by how much", () => {
  const ahead = clockSentence({ source: "CallerDesk", seconds_ahead: 19_800 });
  assert.equal(ahead, "Times of CallerDesk are 5:30 h ahead: is its time zone right?");
  const behind = clockSentence({ source: "Pune", seconds_ahead: -3_600 });
  assert.equal(behind, "Times of Pune are 1:00 h behind: is its time zone right?");
  assert.deepEqual(clockIsWrong(ahead), { quiet: true, text: "times look wrong", detail: ahead });
});

test("the lag shown is the typical one", () => {
  const lag = new Lag();
  assert.equal(lag.typical, null);
  for (const ms of [100, 5_000, 120]) lag.add(ms);
  assert.equal(lag.typical, 120);
});

test("a server's clock that was set back is followed at once, when the server says so", () => {
  const host = new Host();
  const clock = new Clock(host);
  for (let i = 0; i < 8; i += 1) clock.correct(iso(host.now()));
  clock.forget();
  clock.correct(iso(host.now() - 7_200_000));
  assert.equal(clock.now(), host.now() - 7_200_000);
});

test("a clock that was set is said with its length and way", () => {
  assert.deepEqual(clockWasSet(7_200), { quiet: true, text: "clock set forward 2 h" });
  assert.deepEqual(clockWasSet(-60), { quiet: true, text: "clock set back 60 s" });
});
