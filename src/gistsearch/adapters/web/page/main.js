// The page: a form, one search at a time, and what it finds.

import { find, element } from "./dom.js";
import { clearErrors, focusField, showAtField, showFailure, showUserFailure } from "./errors.js";
import { inSlices } from "./frames.js";
import { listenToKeys } from "./keyboard.js";
import { Missing } from "./missing.js";
import { addressOf, currentQuery, ignoredInAddress, visit } from "./navigation.js";
import { fillForm, readForm, toRequest } from "./query.js";
import { Results } from "./results.js";
import { Refusal, search } from "./service.js";
import { Status } from "./status.js";
import { appendText, visible } from "./text.js";

const KEY = "gistsearch.key"; // in the session's storage
const NOT_IN_ADDRESS = "gistsearch.not-in-address"; // in the browser's storage
const STOPPED = Symbol("stopped by the user");
const REPLACED = Symbol("replaced by another search");

const form = find("search");
const results = new Results(find("results"));
const missing = new Missing(find("missing"));
const status = new Status();
let running = null; // the AbortController of the search that goes on

function submit() {
  clearErrors();
  const query = readForm(form);
  if (find("key").value) sessionStorage.setItem(KEY, find("key").value);
  const empty = [!query.usernames.length && "username", !query.pattern && "pattern"].filter(Boolean);
  if (empty.length) {
    if (empty.includes("username")) showAtField("username", "Whose gists? Enter the name of a GitHub user.");
    if (empty.includes("pattern")) showAtField("pattern", "Enter what to search for.");
    focusField(empty[0]);
    return;
  }
  visit(query, { inAddress: find("in-address").checked });
  run(query);
}

/** Show the search that the page is at, which may be none. */
function arrive() {
  const query = currentQuery();
  clearErrors();
  if (query) {
    fillForm(form, query);
    run(query);
  } else showWelcome();
  const ignored = ignoredInAddress();
  if (ignored.length) warn(`Ignored in the address: ${ignored.join(", ")}`);
}

function showWelcome() {
  running?.abort(REPLACED);
  showRunning(null);
  results.clear([]);
  missing.clear();
  status.clear();
  clearWarnings();
  find("welcome").hidden = false;
  form.reset();
  restoreChoice();
  document.title = "gistsearch";
}

async function run(query) {
  running?.abort(REPLACED);
  const controller = new AbortController();
  prepare(query, controller);
  try {
    const { signal } = controller;
    for await (const event of inSlices(search(toRequest(query), { key: sessionStorage.getItem(KEY), signal }))) {
      signal.throwIfAborted();
      take(event);
    }
  } catch (error) {
    if (error === REPLACED) return;
    if (error === STOPPED) status.stop();
    else fail(error);
  }
  showRunning(null);
  find("retry").hidden = find("status").dataset.state === "done";
}

function prepare(query, controller) {
  clearErrors();
  find("welcome").hidden = true;
  clearWarnings();
  const isRetry = document.activeElement === find("retry");
  find("retry").hidden = true;
  find("copy").hidden = !navigator.clipboard;
  results.clear(query.usernames);
  missing.clear();
  status.begin(results.counts);
  showRunning(controller);
  if (isRetry) find("stop").focus();
  const name = `${query.pattern} – ${query.usernames.join(", ")} – gistsearch`;
  document.title = location.hash || location.search ? visible(name) : "gistsearch";
}

function take(event) {
  if (event.type === "match") results.add(event);
  else if (event.type === "progress") status.advance(event);
  else if (event.type === "skipped") missing.add(event);
  else if (event.type === "warning") warn(event.detail);
  else if (event.type === "error") failPartly(event);
  else if (event.type === "end") status.end(event);
}

function warn(detail) {
  const item = element("li");
  appendText(item, detail);
  find("warnings").append(item);
  find("warnings").hidden = false;
}

function clearWarnings() {
  find("warnings").hidden = true;
  find("warnings").replaceChildren();
}

function failPartly({ problem, username }) {
  const error = new Refusal(problem);
  if (username === null) showFailure(error);
  else showUserFailure(error, username);
}

function fail(error) {
  if (error.name === "unauthorized") sessionStorage.removeItem(KEY);
  const isAtField = showFailure(error);
  if (isAtField) status.clear();
  else if (error instanceof Refusal) status.refuse();
  else status.fail();
}

function showRunning(controller) {
  running = controller;
  const hadFocus = document.activeElement === find("stop");
  find("stop").hidden = !controller;
  if (hadFocus && !controller) find("start").focus();
}

function stop() {
  running?.abort(STOPPED);
  return Boolean(running);
}

async function copyLink() {
  await navigator.clipboard.writeText(addressOf(currentQuery()));
  find("copy").textContent = "Copied";
  find("announcement").textContent = "Link copied";
  setTimeout(() => (find("copy").textContent = "Copy link"), 2_000);
}

function restoreChoice() {
  find("in-address").checked = localStorage.getItem(NOT_IN_ADDRESS) === null;
}

function rememberChoice() {
  if (find("in-address").checked) localStorage.removeItem(NOT_IN_ADDRESS);
  else localStorage.setItem(NOT_IN_ADDRESS, "true");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
find("stop").addEventListener("click", stop);
find("retry").addEventListener("click", () => run(currentQuery()));
find("copy").addEventListener("click", copyLink);
find("in-address").addEventListener("change", rememberChoice);
addEventListener("popstate", arrive);
listenToKeys(stop);
restoreChoice();
arrive();
if (!currentQuery() && matchMedia("(pointer: fine)").matches) find("username").focus();
