/**
 * When a list must hold still: under a pointer, the keys or a finger, while it is scrolled away from its top, while a
 * call is open, and when the board is frozen. No timers: whoever beats once a second asks `tick()`. No DOM of its own.
 */

/** A hand that has given no sign for so long is no hand. */
export const REST_MS = 60_000;
/** A finger is lifted while its owner reads. */
export const FINGER_MS = 5_000;
/** After so long a frozen board asks whether somebody still reads it, and goes on if nobody says so. */
export const ASK_MS = 300_000;

const MOUSE_SIGNS = ["pointerenter", "pointermove", "pointerdown", "wheel"];
const FINGER_SIGNS = ["touchstart", "touchmove", "touchend"];
const PAGE_SIGNS = ["pointermove", "pointerdown", "wheel", "touchmove", "keydown"];

/** Fires "change" when a list begins or ceases to be held, and when the frozen board has a question. */
export class Calm extends EventTarget {
  #host;
  #holds = new Map();
  #sign = 0;
  #selected = false;
  /** @type {number | null} */
  #frozenAt = null;
  #confirmedAt = 0;
  #told = "";

  /**
   * `lists` fire pointer, touch and focus events, "walk" for a step by the keys and "scrolled" (detail: how far from
   * the top); `page`: where any sign of a person is seen; `host`: {now}.
   */
  constructor(lists, page, host) {
    super();
    this.#host = host;
    for (const list of lists) this.#watch(list);
    const sign = () => {
      this.#sign = host.now();
    };
    for (const type of PAGE_SIGNS) page.addEventListener(type, sign, { passive: true, capture: true });
  }

  #watch(list) {
    this.#holds.set(list, { pointer: 0, focus: 0, finger: 0, scroll: 0 });
    const hear = (types, deed) => {
      for (const type of types) list.addEventListener(type, deed, { passive: true });
    };
    hear(MOUSE_SIGNS, (event) => event.pointerType !== "touch" && this.#hold(list, "pointer", REST_MS));
    hear(["pointerleave"], () => this.#hold(list, "pointer", 0));
    hear(FINGER_SIGNS, () => this.#hold(list, "finger", FINGER_MS));
    hear(["walk"], () => this.#hold(list, "focus", REST_MS));
    // After a click the focus is there too, but nobody steers by it.
    hear(["focusin"], ({ target }) => target.matches(":focus-visible") && this.#hold(list, "focus", REST_MS));
    hear(["focusout"], () => this.#hold(list, "focus", 0));
    hear(["scrolled"], ({ detail }) => this.#hold(list, "scroll", detail > 0 ? REST_MS : 0));
  }

  #hold(list, by, ms) {
    this.#holds.get(list)[by] = ms && this.#host.now() + ms;
    this.#tell();
  }

  holds(list) {
    return this.isTouched(list) || (this.#selected && this.#host.now() - this.#sign < REST_MS);
  }

  /** Whether a hand is on this very list, or the board is frozen. An open call holds lists, and touches none. */
  isTouched(list) {
    const now = this.#host.now();
    return this.frozen || Object.values(this.#holds.get(list)).some((until) => until > now);
  }

  get frozen() {
    return this.#frozenAt !== null;
  }

  /** For how long the board has been frozen, in ms. */
  get frozenFor() {
    return this.#frozenAt === null ? 0 : this.#host.now() - this.#frozenAt;
  }

  /** Whether a frozen board wants to know if somebody still reads it. */
  get asks() {
    return this.frozen && this.#host.now() - this.#confirmedAt >= ASK_MS;
  }

  freeze(frozen) {
    this.#frozenAt = frozen ? this.#host.now() : null;
    this.confirm();
  }

  /** Somebody still reads. */
  confirm() {
    this.#confirmedAt = this.#sign = this.#host.now();
    this.#tell();
  }

  /** A call is open, or no longer. */
  select(selected) {
    this.#selected = selected;
    this.#sign = this.#host.now();
    this.#tell();
  }

  /** Time has passed: what nobody holds any more is let go. */
  tick() {
    const now = this.#host.now();
    const unanswered = this.frozen && now - this.#confirmedAt >= ASK_MS + REST_MS;
    if (unanswered && now - this.#sign >= REST_MS) this.freeze(false);
    else this.#tell();
  }

  #tell() {
    const told = [...this.#holds.keys()]
      .map((list) => this.holds(list))
      .concat(this.frozen, this.asks)
      .join();
    if (this.#told === told) return;
    this.#told = told;
    this.dispatchEvent(new Event("change"));
  }
}
