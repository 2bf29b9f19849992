/** Making and changing elements, by createElement and textContent only: nothing a provider sends becomes markup. */

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children. `class` and `text` as such; null and false attributes are left out. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** An icon of the sprite. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function setIcon(svg, name) {
  set(svg.firstChild, "href", `#i-${name}`);
}

/** Write only what differs: a write costs a layout, a comparison costs nothing. */
export function say(node, text) {
  if (node.said === text) return;
  node.said = text;
  node.textContent = text;
}

export function set(node, name, value) {
  const known = (node.known ??= {});
  if (known[name] === value) return;
  known[name] = value;
  if (value === null || value === undefined) node.removeAttribute(name);
  else node.setAttribute(name, value);
}

/** A phone number in groups for the eye; copied, it has no gaps. */
export function sayNumber(node, parts) {
  const key = parts.join(" ");
  if (node.said === key) return;
  node.said = key;
  node.replaceChildren(...parts.map((part) => make("span", { text: part })));
}
