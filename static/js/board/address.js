/** What the URL holds: the filters, the view, the open call. Every state of the board is a link. */

import { readFilters, writeFilters } from "./filters.js";

/** {filters, view: "calls" | "groups", call: id or null} from a URL's query. Pure. */
export function readAddress(query) {
  const parameters = new URLSearchParams(query);
  const call = Number(parameters.get("call"));
  return {
    filters: readFilters(query),
    view: parameters.get("view") === "groups" ? "groups" : "calls",
    call: Number.isSafeInteger(call) && call > 0 ? call : null,
  };
}

/** And back. Pure. */
export function writeAddress({ filters, view, call }, query = "") {
  const parameters = new URLSearchParams(writeFilters(filters, query));
  parameters.delete("view");
  parameters.delete("call");
  if (view === "groups") parameters.set("view", view);
  if (call !== null) parameters.set("call", String(call));
  const text = parameters.toString();
  return text ? `?${text}` : "";
}
