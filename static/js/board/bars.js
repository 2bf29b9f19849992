/** The strip's charts by keyboard: each is one tab stop, and arrows walk from bar to bar. */

import { say } from "../shared/dom.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

export function bindBars(strip) {
  strip.addEventListener("keydown", walk);
  strip.addEventListener("focusin", ({ target }) => showNumber(chartOf(target)));
  strip.addEventListener("focusout", ({ target }) => showNumber(chartOf(target), null));
}

/** Show the number of the bar with the focus beside its chart: who points at a bar reads it in the title. */
export function showNumber(chart, bar = chart?.querySelector("a:focus-visible")) {
  if (chart) say(chart.nextElementSibling, bar ? bar.firstChild.textContent : "");
}

const chartOf = (node) => node.closest(".trend-bars");

function walk(event) {
  const chart = chartOf(event.target);
  const step = STEPS[event.key];
  if (!chart || !step || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  event.preventDefault();
  const bars = [...chart.querySelectorAll("a")];
  const at = Math.max(0, Math.min(bars.length - 1, bars.indexOf(event.target) + step));
  for (const bar of bars) bar.setAttribute("tabindex", bar === bars[at] ? "0" : "-1");
  bars[at].focus();
}
