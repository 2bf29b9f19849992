/** When to paint: at once after a pause, at most every 250 ms under load, and even in a tab nobody looks at. */

const EVERY_MS = 250;

export class Painter {
  #paint;
  #host;
  #last = -Infinity;
  #asked = false;

  /** `host`: {now, setTimeout, requestAnimationFrame, hidden()}. */
  constructor(paint, host) {
    this.#paint = paint;
    this.#host = host;
  }

  ask() {
    if (this.#asked) return;
    this.#asked = true;
    const wait = this.#last + EVERY_MS - this.#host.now();
    if (wait > 0) this.#host.setTimeout(() => this.#frame(), wait);
    else this.#frame();
  }

  /** Paint now what was asked for: the tab is about to get no frames. */
  flush() {
    this.#run();
  }

  #frame() {
    // A hidden tab gets no frames, but its title still counts.
    if (this.#host.hidden()) this.#run();
    else this.#host.requestAnimationFrame(() => this.#run());
  }

  #run() {
    if (!this.#asked) return;
    this.#asked = false;
    this.#last = this.#host.now();
    this.#paint();
  }
}
