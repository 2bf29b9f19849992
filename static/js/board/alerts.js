/** The menu of the band: sound, notifications, and what is snoozed. Each is off until a click turns it on. */

import { say, set } from "../shared/dom.js";
import { figure } from "../shared/format.js";

const NOTIFIES = {
  on: "Notifications are on",
  off: "Turn notifications on",
  refused: "Notifications: refused in this browser's settings",
  missing: "This browser has no notifications",
};

export class Alerts extends EventTarget {
  #root;
  #chime;
  #notifier;

  /** Fires "wake": what is snoozed shall be shown again. */
  constructor(root, chime, notifier) {
    super();
    this.#root = root;
    this.#chime = chime;
    this.#notifier = notifier;
    const hear = (name, deed) => this.#part(name).addEventListener("click", deed);
    hear("sound", async () => {
      const asked = !chime.on;
      this.#tell(asked !== (await chime.toggle()));
    });
    hear("notify", async () => {
      await notifier.toggle();
      this.#tell();
    });
    hear("wake", () => this.dispatchEvent(new Event("wake")));
    this.#tell();
    this.snoozed(0);
  }

  snoozed(number) {
    this.#part("wake").hidden = number === 0;
    say(this.#part("wake").lastElementChild, `Show ${figure(number)} snoozed again`);
  }

  /** Something has become an alarm: `said` in one sentence, `choose` shows it. */
  raise(said, choose) {
    this.#chime.ring();
    if (document.hidden) this.#notifier.tell("Callboard: needs attention", said, choose);
  }

  #tell(failed = false) {
    const [sound, notify] = [this.#part("sound"), this.#part("notify")];
    const word = this.#chime.on ? "Sound is on" : "Turn sound on";
    set(sound, "aria-pressed", String(this.#chime.on));
    say(sound.lastElementChild, failed ? "This browser makes no sound" : word);
    set(notify, "aria-pressed", String(this.#notifier.state === "on"));
    notify.disabled = ["refused", "missing"].includes(this.#notifier.state);
    say(notify.lastElementChild, NOTIFIES[this.#notifier.state]);
    say(this.#part("word"), this.#chime.on ? "Sound on" : "Sound off");
  }

  #part(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }
}
