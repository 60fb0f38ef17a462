// The search that the page is at: in the address, or, if the user prefers that, in the memory of this page alone.

import { fromParameters, ignoredParameters, toParameters } from "./query.js";

const kept = new Map(); // searches that are not in the address, by the number in the history's state

/** Return the search that the page is at, or null. The part of the address after # goes to no server. */
export function currentQuery() {
  const number = history.state?.kept;
  if (number !== undefined) return kept.get(number) ?? null;
  return fromParameters(parameters());
}

/** Return the parts of the address that are not part of the search, as `name=value`. */
export function ignoredInAddress() {
  return history.state?.kept === undefined ? ignoredParameters(parameters()) : [];
}

/** Make a search the one that the page is at, as a new entry of the history. */
export function visit(query, { inAddress }) {
  const isInAddress = history.state?.kept === undefined;
  const isSame = String(toParameters(query)) === String(toParameters(currentQuery() ?? { usernames: [] }));
  if (isSame && isInAddress === inAddress) return;
  if (inAddress) {
    history.pushState(null, "", addressOf(query));
    return;
  }
  kept.set(kept.size, query);
  history.pushState({ kept: kept.size - 1 }, "", location.pathname);
}

/** Return the address of a search, to share. */
export function addressOf(query) {
  return `${location.origin}${location.pathname}#${toParameters(query)}`;
}

function parameters() {
  return new URLSearchParams(location.hash.slice(1) || location.search);
}
