/** How fast calls change: beyond 20 a second, nothing moves for show. Pure. */

const MOST = 20;

export class Pace {
  #changes = [];

  add(changes, now) {
    if (changes) this.#changes.push([now, changes]);
  }

  /** Whether movement still helps the eye. */
  isCalm(now) {
    while (this.#changes.length && this.#changes[0][0] < now - 1000) this.#changes.shift();
    return this.#changes.reduce((sum, [, changes]) => sum + changes, 0) <= MOST;
  }
}
