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

/** A part of a drawing, with its attributes and parts. */
export function draw(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * The element that a page has for certain; where it has none, an error says which.
 * @param {ParentNode} root
 * @returns {HTMLElement}
 */
export function need(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

let sprite = "";

/** Where an icon is drawn: in the file that the icons of the page's own markup come from. */
function iconAt(name) {
  sprite ||= String(need("use").getAttribute("href")).split("#")[0];
  return `${sprite}#i-${name}`;
}

/** An icon of the sprite. */
export const icon = (name) =>
  draw("svg", { class: "icon", "aria-hidden": "true" }, draw("use", { href: iconAt(name) }));

export function setIcon(svg, name) {
  set(svg.firstChild, "href", iconAt(name));
}

/** Write only what differs: a write costs a layout, a comparison costs nothing. */
export function say(node, text) {
  if (node.said === text) return;
  node.said = text;
  node.textContent = text;
}

export function set(node, name, value) {
  node.known ??= {};
  const known = node.known;
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

/** Attributes that tell what a person did to an element. */
const OF_A_PERSON = new Set(["open", "data-copied"]);

/**
 * Make an element look like another one, and change only what differs: a number that somebody has marked stays
 * marked, a part that somebody has opened stays open, a copy that was said stays said. Listeners of the other one are
 * not taken over.
 */
export function become(node, wanted) {
  for (const { name } of [...node.attributes]) {
    if (!wanted.hasAttribute(name) && !OF_A_PERSON.has(name)) node.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes)
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  become.children(node, [...wanted.childNodes]);
}

become.children = (node, wanted) => {
  while (node.childNodes.length > wanted.length) node.lastChild.remove();
  wanted.forEach((child, at) => {
    const known = node.childNodes[at];
    if (!known) node.append(child);
    else if (known.nodeName !== child.nodeName || known.nodeType !== child.nodeType) known.replaceWith(child);
    else if (child.nodeType === Node.TEXT_NODE) renew(known, child.data);
    else become(known, child);
  });
};

function renew(known, text) {
  if (known.data !== text) known.data = text;
}
