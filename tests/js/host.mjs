/** Time and sockets that do as the test says. */

export class Host {
  #now = 1_000_000;
  #timers = new Map();
  #made = 0;
  sockets = [];

  constructor({ luck = 0.5 } = {}) {
    this.random = () => luck;
    const sockets = this.sockets;
    this.WebSocket = class extends Socket {
      constructor(url) {
        super(url);
        sockets.push(this);
      }
    };
  }

  now = () => this.#now;

  setTimeout = (deed, ms) => {
    this.#made += 1;
    this.#timers.set(this.#made, { at: this.#now + ms, deed });
    return this.#made;
  };

  clearTimeout = (id) => this.#timers.delete(id);

  get socket() {
    return this.sockets.at(-1);
  }

  /** How long until the next timer rings. */
  nextTimer() {
    return Math.min(...[...this.#timers.values()].map(({ at }) => at)) - this.#now;
  }

  pass(ms) {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].deed();
    }
    this.#now = end;
  }
}

class Socket {
  sent = [];
  closed = false;

  constructor(url) {
    this.url = url;
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  accept() {
    this.onopen();
  }

  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  fail(code) {
    this.onclose({ code });
  }
}
