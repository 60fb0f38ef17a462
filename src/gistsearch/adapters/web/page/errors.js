// Errors, shown where people look for them: at the field that has to change, else above the results.

import { element, find } from "./dom.js";
import { ConnectionLost, Refusal } from "./service.js";
import { appendText } from "./text.js";
import { count, time } from "./words.js";

const FIELDS = { usernames: "username", username: "username", pattern: "pattern", files: "files", languages: "languages", context: "context" };
const FIELD_OF_PROBLEM = { "unknown-user": "username", "invalid-pattern": "pattern", unauthorized: "key" };

export function clearErrors() {
  for (const message of document.querySelectorAll(".error")) message.hidden = true;
  for (const input of document.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  find("failure").hidden = true;
  find("failure").replaceChildren();
}

/** Show why a search failed, and take the user to the field that has to change. Return whether there is one. */
export function showFailure(error) {
  const fields = fieldErrors(error);
  const isFirstAskForKey = error.name === "unauthorized" && find("key-field").hidden; // Nothing was wrong yet.
  if (!isFirstAskForKey) for (const [name, detail] of fields) showAtField(name, detail);
  if (fields.length) focusField(fields[0][0], error);
  else showAbove(...inWords(error));
  return fields.length > 0;
}

/** Show why the gists of one user could not be searched, while the search of the others goes on. */
export function showUserFailure(error, username) {
  if (error.name === "unknown-user") showAtField("username", error.message);
  else showAbove(`Gists of ${username}`, error.message);
}

/** Show an error at a field, which may have several. */
export function showAtField(name, detail) {
  const message = find(`${name}-error`);
  if (message.hidden) message.replaceChildren();
  else message.append("; ");
  appendText(message, capitalized(detail));
  message.hidden = false;
  find(name).setAttribute("aria-invalid", "true");
}

/** Focus a field, wherever it is. */
export function focusField(name, error = null) {
  const field = find(name);
  for (let within = field.closest("details"); within; within = within.parentElement.closest("details")) within.open = true;
  if (name === "key") find("key-field").hidden = false;
  field.focus();
  const part = error instanceof Refusal ? error.problem.part : null;
  const start = part ? field.value.indexOf(part) : -1;
  if (name === "pattern" && start >= 0) field.setSelectionRange(start, start + part.length);
}

function fieldErrors(error) {
  if (!(error instanceof Refusal)) return [];
  if (error.name in FIELD_OF_PROBLEM) return [[FIELD_OF_PROBLEM[error.name], error.message]];
  const errors = (error.problem.errors ?? []).map(({ pointer, detail }) => [FIELDS[pointer.split("/")[1]], detail]);
  return errors.every(([name]) => name) ? errors.map(([name, detail]) => [name, fieldError(detail)]) : [];
}

/** Complete what the service says of a value; what begins with the value itself is complete. */
function fieldError(detail) {
  return /^[a-z]/.test(detail) ? `This ${detail}` : detail;
}

function inWords(error) {
  if (error instanceof ConnectionLost) return [error.message, "Check the connection, and search again."];
  if (!(error instanceof Refusal)) return ["The page failed.", String(error)];
  return [error.problem.title ?? "The search failed", error.message, whenToRetry(error)];
}

function whenToRetry({ problem, retryAfterS }) {
  if (problem.reset_at) return `Search again at ${time(problem.reset_at)}.`;
  return retryAfterS ? `Search again in ${count(retryAfterS, "second")}.` : "";
}

function showAbove(title, ...details) {
  const banner = find("failure");
  const paragraph = element("p", {}, element("strong"));
  appendText(paragraph.firstChild, title.replace(/\.?$/, "."));
  for (const detail of details.filter(Boolean)) {
    paragraph.append(" ");
    appendText(paragraph, sentence(detail));
  }
  banner.append(paragraph);
  banner.hidden = false;
}

function sentence(text) {
  return capitalized(text) + (/[.?!]$/.test(text) ? "" : ".");
}

function capitalized(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
