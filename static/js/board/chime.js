/** A short sound. A browser makes none before a click on the page, so it is off until one turns it on. */

/** However many alarms come, nobody hears more than one in this time. */
const QUIET_MS = 15_000;
const TONES = [660, 880];
const TONE_SECONDS = 0.16;
const LOUDNESS = 0.12;

export class Chime {
  #makeContext;
  #host;
  /** @type {AudioContext | null} */
  #context = null;
  #at = -Infinity;

  on = false;

  /** `makeContext`: makes an AudioContext, or throws; `host`: {now}. */
  constructor(makeContext, host) {
    this.#makeContext = makeContext;
    this.#host = host;
  }

  /** Turn it on, which is heard, or off. Returns whether it is on. To be called by a click. */
  async toggle() {
    this.on = !this.on && (await this.#wake());
    if (this.on) this.#play();
    return this.on;
  }

  async #wake() {
    try {
      const context = this.#context ?? this.#makeContext();
      this.#context = context;
      await context.resume();
      return context.state === "running";
    } catch {
      return false;
    }
  }

  ring() {
    if (!this.on || this.#host.now() - this.#at < QUIET_MS) return;
    this.#play();
  }

  #play() {
    const context = this.#context;
    if (!context) return;
    this.#at = this.#host.now();
    for (const [at, tone] of TONES.entries()) sound(context, tone, context.currentTime + at * TONE_SECONDS);
  }
}

/** @param {AudioContext} context */
function sound(context, tone, from) {
  const [source, loudness] = [context.createOscillator(), context.createGain()];
  source.frequency.value = tone;
  loudness.gain.setValueAtTime(0, from);
  loudness.gain.linearRampToValueAtTime(LOUDNESS, from + 0.02);
  loudness.gain.linearRampToValueAtTime(0, from + TONE_SECONDS);
  source.connect(loudness).connect(context.destination);
  source.start(from);
  source.stop(from + TONE_SECONDS);
}
