/** Every page with a header: its theme, its menus, its keys, and what is told on it. */

import { bindCopies } from "./copying.js";
import { need } from "./dom.js";
import { bindPageKeys, bindSingleKeys } from "./keys.js";
import { bindMenus, bindNarrowing } from "./menus.js";
import { Palette } from "./palette.js";
import { watchSetAside } from "./set-aside.js";
import { bindTheme } from "./theme.js";

const storage = safe();
const go = (url) => location.assign(url);

bindTheme(document.querySelectorAll("[data-theme-switch]"), document.documentElement, storage);
bindMenus(document);
bindNarrowing(document);
bindCopies(document);
bindHelp();
reveal();

const links = [...document.querySelectorAll(".header nav a, .places a")];
const palette = new Palette(need("#palette"), links, { fetch: fetchJson, go });
const places = document.querySelectorAll("[data-key]");
bindPageKeys(document, places, storage, { palette: () => palette.open(), help: showHelp, go });
for (const button of document.querySelectorAll("[data-palette]"))
  button.addEventListener("click", () => palette.open());
watchSetAside(document.querySelector("#set-aside-pill"), {
  fetch: fetchJson,
  hidden: () => document.hidden,
  setInterval: (deed, ms) => setInterval(deed, ms),
});

/** Where there is no room for all places, the one that is shown is in sight; what scrolls sideways can be scrolled by keys. */
function reveal() {
  const current = ".header nav [aria-current], .places [aria-current]";
  for (const here of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(current))) {
    const row = here.parentElement;
    if (row) row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
  }
  for (const box of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".results")))
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}

function bindHelp() {
  const help = /** @type {HTMLDialogElement} */ (need("#help"));
  for (const button of document.querySelectorAll("[data-help]")) button.addEventListener("click", showHelp);
  help.addEventListener("click", (event) => event.target === help && help.close());
  bindSingleKeys(help.querySelector("[data-single-keys]"), storage, help.querySelectorAll("[data-single]"));
}

function showHelp() {
  /** @type {HTMLDialogElement} */ (need("#help")).showModal();
}

async function fetchJson(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  throw new Error(told.detail ?? "The server did not answer. Try again.");
}

function safe() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
