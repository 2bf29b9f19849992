/** Notifications of the browser, for a board that is open in a tab which nobody looks at. Asked for by a click only. */

const KEPT = "callboard-notifies";

export class Notifier {
  #api;
  #storage;

  /** `api`: the browser's `Notification`, or undefined; `storage`: {getItem, setItem, removeItem} or null. */
  constructor(api, storage) {
    this.#api = api;
    this.#storage = storage;
  }

  /** "on", "off", "refused" (by the browser's settings) or "missing". */
  get state() {
    if (!this.#api) return "missing";
    if (this.#api.permission === "denied") return "refused";
    return this.#api.permission === "granted" && this.#storage?.getItem(KEPT) === "on" ? "on" : "off";
  }

  /** Turn them on, for which the browser may ask, or off. To be called by a click. */
  async toggle() {
    if (this.state === "on") this.#storage?.removeItem(KEPT);
    else if (this.state === "off" && (await this.#api.requestPermission()) === "granted")
      this.#storage?.setItem(KEPT, "on");
    return this.state;
  }

  /** Say it, in the place of what was said before. `choose` is called by a click on it. */
  tell(title, body, choose) {
    if (this.state !== "on") return;
    try {
      const told = new this.#api(title, { body, tag: "callboard-attention" });
      told.onclick = () => {
        told.close();
        choose();
      };
    } catch {
      // Some phones have notifications for workers only.
    }
  }
}
