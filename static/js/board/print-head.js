/** The line at the head of a printed board: where, when, which filters, by whom. A sheet of paper cannot be asked. */

import { say } from "../shared/dom.js";
import { exact } from "../shared/format.js";
import { choiceWord, facetWord } from "./filter-menu.js";
import { FACETS } from "./filters.js";

/** The filters as people say them: "Sales, Support · State: Waiting · Search: asha". Pure. */
export function filtersInWords(filters, whole) {
  const words = (facet) => filters[facet].map((value) => choiceWord(facet, value)).join(", ");
  const said = [words("group") || whole];
  for (const facet of FACETS)
    if (facet !== "group" && filters[facet].length) said.push(`${facetWord(facet)}: ${words(facet)}`);
  if (filters.q.trim()) said.push(`Search: ${filters.q.trim()}`);
  return said.join(" · ");
}

export function tellPrint(head, filters, whole, now) {
  say(head.querySelector("[data-moment]"), exact(now));
  say(head.querySelector("[data-filters]"), filtersInWords(filters, whole));
}
