/**
 * How current a screen is. Pure: it is given the readings of two clocks, in ms: `steady`, which nobody sets, and `wall`.
 */

export const FRESH_MS = 10_000;

export class Freshness {
  #server = null;
  #steady = 0;
  #wall = 0;

  /**
   * An answer came, made by the server at `server`. Gives whether it is a new one: a proxy, or a server that hangs,
   * could repeat itself for ever.
   */
  hear(server, steady, wall) {
    if (server === this.#server) return false;
    [this.#server, this.#steady, this.#wall] = [server, steady, wall];
    return true;
  }

  /** Since the last new answer. The steady clock may stand still while a computer sleeps; the other one does not. */
  age(steady, wall) {
    return Math.max(steady - this.#steady, wall - this.#wall, 0);
  }

  isFresh(steady, wall) {
    return this.#server !== null && this.age(steady, wall) < FRESH_MS;
  }

  /** What the server's clock says now. That of a screen may be wrong by hours. */
  now(steady, wall) {
    return (this.#server ?? wall) + this.age(steady, wall);
  }

  /** When the server made what is shown. */
  get server() {
    return this.#server;
  }
}
