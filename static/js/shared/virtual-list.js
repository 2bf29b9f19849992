/** A list of any length of which only the rows in view exist in the page. Light DOM, keyed by id. */

import { make, set } from "./dom.js";

/** Rows kept ready above and below the view: each costs as much as one that is seen. */
const SPARE = 4;
const MOVE_MS = 200;

/**
 * The element scrolls and takes the focus; rows lie absolutely in its body. Subclasses say `rowHeightToken`,
 * `makeRow()` and what a row shows: `makeRow()` returns {node, show(item, context), tick(now)}.
 *
 * Fires "choose" (detail: id) on click or Enter, "walk" when the active row changes, and "scrolled" (detail: how far
 * from the top) when a person scrolls. While it is scrolled, the first row in view keeps its place, whatever comes.
 */
export class VirtualList extends HTMLElement {
  #items = [];
  #index = new Map();
  #rows = new Map();
  #spare = [];
  #body = make("div", { class: "rows", role: "rowgroup" });
  #height = 0;
  /** How far it is scrolled. Asked of the element, after a change to the page, it would cost a layout each time. */
  #top = 0;
  /**
   * Where the list itself has scrolled to: the event that follows tells of no hand.
   * @type {number | null}
   */
  #ownTop = null;
  #rowHeight = 44;
  #headHeight = 0;
  /** @type {number | null} */
  #frame = null;
  #printing = false;

  active = null;
  selected = null;
  context = {};

  get rowHeightToken() {
    return "--live-row";
  }

  /**
   * Make the element of one row, and what fills it.
   * @returns {{node: HTMLElement, show: Function, tick: Function}}
   */
  makeRow() {
    throw new Error("makeRow() is the subclass's to say");
  }

  /** Replace what the server rendered by the living list. */
  begin(head = null) {
    this.replaceChildren(...(head ? [head, this.#body] : [this.#body]));
    this.setAttribute("role", "grid");
    this.tabIndex = 0;
    this.addEventListener("scroll", () => this.#later(), { passive: true });
    this.addEventListener("click", (event) => this.#clicked(event));
    new ResizeObserver(() => this.#measure(head)).observe(this);
    window.addEventListener("beforeprint", () => this.#print(true));
    window.addEventListener("afterprint", () => this.#print(false));
    this.#measure(head);
  }

  has(id) {
    return this.#index.has(id);
  }

  /** Show these items, in this order. `calm`: moves may be animated. */
  show(items, context, calm = false) {
    const anchors = this.#top > 0 ? this.#inView() : [];
    this.#items = items;
    this.context = context;
    this.#index = new Map(items.map((item, at) => [item.id, at]));
    if (this.active !== null && !this.#index.has(this.active)) this.active = null;
    const shift = this.#shiftOf(anchors);
    if (shift) this.#stretch();
    if (shift) this.#scrollTo(this.#top + shift);
    this.#paint(calm && !shift);
  }

  /** Back to the first row. */
  toTop() {
    this.#scrollTo(0);
    this.#paint(false);
    this.dispatchEvent(new CustomEvent("scrolled", { detail: 0 }));
  }

  /** The ids in view, each with its place in the list. */
  #inView() {
    const first = Math.floor(this.#top / this.#rowHeight);
    const many = Math.ceil(this.#height / this.#rowHeight);
    return this.#items.slice(first, first + many).map(({ id }, at) => [id, first + at]);
  }

  /** By how much the first of them that is still there has moved, in px. */
  #shiftOf(anchors) {
    const anchor = anchors.find(([id]) => this.#index.has(id));
    return anchor ? (this.#index.get(anchor[0]) - anchor[1]) * this.#rowHeight : 0;
  }

  #scrollTo(top) {
    this.scrollTop = top;
    this.#top = this.#ownTop = this.scrollTop;
  }

  /** Let the timers of the rows in view go on. */
  tick(now) {
    for (const row of this.#rows.values()) row.tick(now);
  }

  /** Where a call's row is on the screen, or null while it is not in view. */
  boxOf(id) {
    const row = this.#rows.get(id);
    if (!row) return null;
    const box = row.node.getBoundingClientRect();
    const view = this.getBoundingClientRect();
    return box.bottom > view.top + this.#headHeight && box.top < view.bottom ? box : null;
  }

  nodeOf(id) {
    return this.#rows.get(id)?.node ?? null;
  }

  /** Move the active row by a number of rows. */
  walk(steps) {
    if (!this.#items.length) return;
    const from = this.active === null ? -1 : this.#index.get(this.active);
    const to = Math.min(this.#items.length - 1, Math.max(0, from === -1 && steps < 0 ? 0 : from + steps));
    this.#activate(this.#items[to].id);
    this.dispatchEvent(new CustomEvent("walk", { detail: this.active }));
  }

  #activate(id) {
    this.active = id;
    this.#reveal(this.#index.get(id));
    this.#paint(false);
  }

  #reveal(at) {
    const top = at * this.#rowHeight;
    const room = this.#height - this.#headHeight;
    if (top < this.#top) this.#scrollTo(top);
    else if (top + this.#rowHeight > this.#top + room) this.#scrollTo(top + this.#rowHeight - room);
  }

  #clicked(event) {
    const node = event.target.closest(".row");
    // A person who marks a number to copy it does not want the panel.
    if (!node || !this.contains(node) || String(window.getSelection()).length) return;
    this.dispatchEvent(new CustomEvent("choose", { detail: node.callId }));
  }

  #measure(head) {
    this.#height = this.clientHeight;
    this.#top = this.scrollTop;
    this.#headHeight = head?.offsetHeight ?? 0;
    this.#rowHeight = parseFloat(getComputedStyle(this).getPropertyValue(this.rowHeightToken)) || this.#rowHeight;
    this.#paint(false);
  }

  #later() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      const top = this.scrollTop;
      const own = top === this.#ownTop;
      this.#ownTop = null;
      this.#top = top;
      this.#paint(false);
      if (!own) this.dispatchEvent(new CustomEvent("scrolled", { detail: top }));
    });
  }

  #print(printing) {
    this.#printing = printing;
    this.#paint(false);
  }

  #window() {
    if (this.#printing) return [0, this.#items.length];
    const inView = Math.ceil(this.#height / this.#rowHeight);
    const first = Math.max(0, Math.min(Math.floor(this.#top / this.#rowHeight), this.#items.length - inView));
    return [Math.max(0, first - SPARE), Math.min(this.#items.length, first + inView + SPARE)];
  }

  #stretch() {
    this.#body.style.height = `${this.#items.length * this.#rowHeight}px`;
  }

  #paint(calm) {
    this.#stretch();
    const [start, end] = this.#window();
    this.#free(start, end);
    let previous = null;
    for (let at = start; at < end; at += 1) previous = this.#place(at, previous, calm);
    this.#announceShape();
  }

  /** Rows out of view are kept for others. */
  #free(start, end) {
    for (const [id, row] of this.#rows) {
      const at = this.#index.get(id);
      if (at !== undefined && at >= start && at < end) continue;
      this.#rows.delete(id);
      row.node.remove();
      if (this.#spare.length < 40) this.#spare.push(row);
    }
  }

  #place(at, previous, calm) {
    const item = this.#items[at];
    const known = this.#rows.get(item.id);
    const row = known ?? this.#spare.pop() ?? this.makeRow();
    if (!known) this.#rows.set(item.id, row);
    row.show(item, this.context, Boolean(known) && calm);
    this.#mark(row.node, item.id, at);
    this.#move(row, at * this.#rowHeight, Boolean(known) && calm);
    // The order in the page is the order on the screen, for those who hear it.
    const next = previous ? previous.nextSibling : this.#body.firstChild;
    if (row.node !== next) this.#body.insertBefore(row.node, next);
    return row.node;
  }

  #mark(node, id, at) {
    node.callId = id;
    set(node, "id", `${this.id}-${id}`);
    set(node, "aria-rowindex", at + 2);
    node.classList.toggle("is-active", id === this.active);
    node.classList.toggle("is-chosen", id === this.selected);
    set(node, "aria-selected", id === this.selected);
  }

  #move(row, top, calm) {
    if (row.top === top && row.node.isConnected) return;
    const from = row.top;
    row.top = top;
    row.node.style.transform = `translateY(${top}px)`;
    if (!calm || from === undefined || Math.abs(from - top) > 2000) return;
    row.node.animate([{ transform: `translateY(${from}px)` }, { transform: `translateY(${top}px)` }], {
      duration: MOVE_MS,
      easing: "ease-out",
    });
  }

  #announceShape() {
    set(this, "aria-rowcount", this.#items.length + 1);
    const shown = this.active !== null && this.#rows.has(this.active);
    set(this, "aria-activedescendant", shown ? `${this.id}-${this.active}` : null);
  }
}
