/** When the live list must hold still: under a hand, under the keys, while a call is open, when it is frozen. */

/** A hand that has not moved for so long is no hand. */
const REST_MS = 30_000;

/** Fires "change" when it starts or ceases to hold. */
export class Calm extends EventTarget {
  #host;
  #touched = false;
  #frozen = false;
  #selected = false;
  #rest = null;

  /** `list` fires pointer and focus events, and "walk"; `host`: {setTimeout, clearTimeout}. */
  constructor(list, host) {
    super();
    this.#host = host;
    const hand = (event) => event.pointerType !== "touch" && this.#touch();
    for (const type of ["pointerenter", "pointermove", "pointerdown", "wheel"]) {
      list.addEventListener(type, hand, { passive: true });
    }
    list.addEventListener("walk", () => this.#touch());
    list.addEventListener("pointerleave", () => this.#leave());
    list.addEventListener("focusout", () => this.#leave());
  }

  get holds() {
    return this.#frozen || this.#selected || this.#touched;
  }

  get frozen() {
    return this.#frozen;
  }

  freeze(frozen) {
    this.#set(() => (this.#frozen = frozen));
  }

  select(selected) {
    this.#set(() => (this.#selected = selected));
  }

  #touch() {
    this.#host.clearTimeout(this.#rest);
    this.#rest = this.#host.setTimeout(() => this.#leave(), REST_MS);
    this.#set(() => (this.#touched = true));
  }

  #leave() {
    this.#host.clearTimeout(this.#rest);
    this.#set(() => (this.#touched = false));
  }

  #set(change) {
    const before = [this.holds, this.#frozen].join();
    change();
    if (before !== [this.holds, this.#frozen].join()) this.dispatchEvent(new Event("change"));
  }
}
