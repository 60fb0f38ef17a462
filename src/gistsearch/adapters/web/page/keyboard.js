// The keys: / goes to the pattern, Escape stops, j and k or the arrows go from match to match.

import { find } from "./dom.js";

const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** @param {function(): boolean} stop ends a search, and returns whether there was one */
export function listenToKeys(stop) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (handle(event.key, event.target, stop)) event.preventDefault();
  });
}

function handle(key, target, stop) {
  if (key === "Escape") return stop() || leave(target);
  const isTyping = target.matches("input:not([type=checkbox]), textarea, select");
  if (key === "/" && !isTyping) return focus(find("pattern"));
  if (!(key in STEPS)) return false;
  const isArrow = key.startsWith("Arrow");
  const isInResults = find("results").contains(target);
  // Elsewhere, arrows scroll and letters are typed; from a field of the form, the arrow down leads to the results.
  if (isTyping ? key !== "ArrowDown" || target.type === "number" : isArrow && !isInResults) return false;
  return focus(isInResults ? neighbour(target, STEPS[key]) : find("results").querySelector(".stop"));
}

function leave(target) {
  if (target === document.body) return false;
  target.blur();
  return true;
}

function focus(element) {
  if (!element) return false;
  element.focus();
  element.select?.();
  return true;
}

/** Return the next place to stop at, without a look at all the others: there may be a hundred thousand. */
function neighbour(from, step) {
  const walker = document.createTreeWalker(find("results"), NodeFilter.SHOW_ELEMENT, (node) =>
    node.classList.contains("stop") ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP,
  );
  walker.currentNode = from;
  return step > 0 ? walker.nextNode() : walker.previousNode();
}
