/**
 * Where the open call stands: in the side column instead of the completed calls on a wide screen, over the list on a
 * narrower one, and alone on a phone, where nothing behind it can be reached.
 */

import { set } from "../shared/dom.js";

export class Dock {
  #panel;
  #frame;
  #behind;
  #phone;
  #isOpen = false;

  /** `frame` says the state to the styles; `behind`: what a phone must not reach; `phone`: a MediaQueryList. */
  constructor({ panel, frame, back, behind, phone }) {
    this.#panel = panel;
    this.#frame = frame;
    this.#behind = behind;
    this.#phone = phone;
    phone.addEventListener("change", () => this.#shut());
    panel.addEventListener("completed", () => this.side("completed"));
    back.addEventListener("click", () => this.side("call"));
  }

  open(...call) {
    this.#isOpen = true;
    this.side("call");
    this.#panel.open(...call);
    this.#shut();
  }

  close() {
    this.#isOpen = false;
    this.#panel.close();
    set(this.#frame, "data-side", null);
    this.#shut();
  }

  /** What the side column shows while a call is open: "call" or "completed". */
  side(name) {
    set(this.#frame, "data-side", name);
  }

  #shut() {
    for (const node of this.#behind) node.inert = this.#isOpen && this.#phone.matches;
  }
}
