/** Lines of the attention band that somebody put off for some minutes, kept in this browser. No DOM. */

const KEPT = "callboard-snoozed";
const MOST = 200;

export class Snoozed {
  #storage;
  #host;
  #until = new Map();

  /** `storage`: {getItem, setItem} or null; `host`: {now}. */
  constructor(storage, host) {
    this.#storage = storage;
    this.#host = host;
    this.read();
  }

  /** Take over what another tab of this browser has put off. */
  read() {
    try {
      const kept = Object.entries(JSON.parse(this.#storage?.getItem(KEPT) ?? "{}"));
      this.#until = new Map(kept.filter(([, until]) => typeof until === "number"));
    } catch {
      this.#until = new Map();
    }
  }

  has(key) {
    return (this.#until.get(key) ?? 0) > this.#host.now();
  }

  put(key, ms) {
    this.#until.set(key, this.#host.now() + ms);
    this.#keep();
  }

  /** Show all of them again. */
  clear() {
    this.#until.clear();
    this.#keep();
  }

  #keep() {
    const now = this.#host.now();
    const going = [...this.#until].filter(([, until]) => until > now).slice(-MOST);
    this.#until = new Map(going);
    try {
      this.#storage?.setItem(KEPT, JSON.stringify(Object.fromEntries(going)));
    } catch {
      // Not kept, but put off as long as the page is open.
    }
  }
}
