/** What moves for the eye: a call that ends goes from live to completed in one short movement, and what changed is tinted. */

import { make } from "../shared/dom.js";

const FLIGHT_MS = 200;
const TINT_MS = 600;

/** Tint what has changed once, so that the eye finds it. */
export function tint(node) {
  node.animate([{ backgroundColor: "var(--chosen)", offset: 0 }], { duration: TINT_MS, easing: "ease-out" });
}

/** Let a likeness of the arriving row fly from where the call was to where it is now. */
export function fly(from, to, node) {
  const likeness = make("div", { class: "flyer", "aria-hidden": "true" });
  const copy = node.cloneNode(true);
  copy.removeAttribute("id");
  copy.style.transform = "none";
  likeness.append(copy);
  Object.assign(likeness.style, {
    left: `${to.left}px`,
    top: `${to.top}px`,
    width: `${to.width}px`,
    height: `${to.height}px`,
  });
  document.body.append(likeness);
  const start = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
  const flight = likeness.animate(
    [
      { transform: start, opacity: 0.5 },
      { transform: "none", opacity: 1 },
    ],
    {
      duration: FLIGHT_MS,
      easing: "cubic-bezier(.2,.7,.2,1)",
    },
  );
  flight.finished.catch(() => {}).finally(() => likeness.remove());
}
