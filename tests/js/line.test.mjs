import assert from "node:assert/strict";
import { test } from "node:test";

import { Line } from "../../static/js/live/line.js";
import { Host } from "./host.mjs";

function lineOn(host) {
  const line = new Line("ws://board/", host);
  const heard = [];
  line.addEventListener("message", ({ detail }) => heard.push(detail));
  line.open();
  return { line, heard };
}

function opened(host) {
  const { line, heard } = lineOn(host);
  host.socket.accept();
  return { line, heard };
}

test("messages are handed on", () => {
  const host = new Host();
  const { heard } = opened(host);
  host.socket.say({ type: "heartbeat" });
  assert.deepEqual(heard, [{ type: "heartbeat" }]);
});

test("a lost line is opened again after 0.25 to 2 s, then later and later, at most 10 s", () => {
  for (const [luck, first, last] of [
    [0, 250, 250],
    [1, 2_000, 10_000],
  ]) {
    const host = new Host({ luck });
    const { line } = opened(host);
    host.socket.fail(1006);
    assert.equal(line.status, "waiting");
    assert.equal(host.nextTimer(), first);
    for (let i = 0; i < 8; i += 1) {
      host.pass(host.nextTimer());
      host.socket.fail(1006);
    }
    assert.equal(host.nextTimer(), last);
  }
});

test("once the board is whole, the next failure is a first one", () => {
  const host = new Host({ luck: 1 });
  const { line } = opened(host);
  host.socket.fail(1006);
  host.pass(2_000);
  host.socket.accept();
  line.settled();
  host.socket.fail(1006);
  assert.equal(host.nextTimer(), 2_000);
});

test("a restart spreads the boards over 3 s, a crowd waits 10 s or more", () => {
  for (const [code, luck, wait] of [
    [1012, 0, 0],
    [1012, 1, 3_000],
    [4429, 0, 10_000],
    [4429, 1, 20_000],
  ]) {
    const host = new Host({ luck });
    opened(host);
    host.socket.fail(code);
    assert.equal(host.nextTimer(), wait, `${code} with luck ${luck}`);
  }
});

test("signed out and no right are final", () => {
  for (const [code, status] of [
    [4401, "signed-out"],
    [4403, "no-right"],
  ]) {
    const host = new Host();
    const { line } = opened(host);
    host.socket.fail(code);
    assert.equal(line.status, status);
    host.pass(60_000);
    line.hurry();
    assert.equal(host.sockets.length, 1);
  }
});

test("silence for 10 s is a fault, also before the line is open", () => {
  for (const start of [opened, lineOn]) {
    const host = new Host();
    const { line } = start(host);
    host.pass(9_999);
    assert.notEqual(line.status, "waiting");
    host.pass(1);
    assert.equal(line.status, "waiting");
    assert.equal(host.sockets[0].closed, true);
  }
});

test("any frame proves that the line lives", () => {
  const host = new Host();
  const { line } = opened(host);
  host.pass(9_000);
  host.socket.say({ type: "heartbeat" });
  host.pass(9_000);
  assert.equal(line.status, "open");
});

test("a frame that is no JSON ends the line", () => {
  const host = new Host();
  const { line } = opened(host);
  host.socket.onmessage({ data: "<html>" });
  assert.equal(line.status, "waiting");
});

test("what an old socket still says is not heard", () => {
  const host = new Host({ luck: 0 });
  const { heard } = opened(host);
  const old = host.socket;
  host.pass(10_000);
  host.pass(250);
  old.onmessage({ data: '{"type":"heartbeat"}' });
  assert.deepEqual(heard, []);
});

test("what is shown is said at most twice a second, and only when it has grown", () => {
  const host = new Host();
  const { line } = opened(host);
  line.shown(1);
  line.shown(2);
  line.shown(3);
  line.shown(3);
  assert.deepEqual(host.socket.sent, [{ type: "ack", seq: 1 }]);
  host.pass(500);
  assert.deepEqual(host.socket.sent, [
    { type: "ack", seq: 1 },
    { type: "ack", seq: 3 },
  ]);
  host.pass(500);
  line.shown(3);
  assert.equal(host.socket.sent.length, 2);
});

test("a new line starts its acknowledgements anew", () => {
  const host = new Host({ luck: 0 });
  const { line } = opened(host);
  line.shown(9);
  host.socket.fail(1006);
  host.pass(250);
  host.socket.accept();
  line.shown(4);
  host.pass(500);
  assert.deepEqual(host.socket.sent, [{ type: "ack", seq: 4 }]);
});

test("hurrying ends a pause", () => {
  const host = new Host({ luck: 1 });
  const { line } = opened(host);
  host.socket.fail(1006);
  line.hurry();
  assert.equal(line.status, "connecting");
});
