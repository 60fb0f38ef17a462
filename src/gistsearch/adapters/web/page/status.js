// How far the search has come, in words and as a bar.

import { find } from "./dom.js";
import { bytes, count, ofAll, seconds } from "./words.js";

const REFRESH_MS = 200;
const ANNOUNCE_MS = 5_000; // More often, a screen reader would say nothing else.
const NOTHING_FOUND = {
  done: "No matches",
  partial: "No matches in what was searched",
  stopped: "No matches before the search was stopped",
  failed: "The search failed",
};

export class Status {
  #section = find("status");
  #progress = null;
  #timer = 0;
  #beganMs = 0;
  #announcedMs = 0;
  #found = null;

  clear() {
    clearInterval(this.#timer);
    this.#section.hidden = true;
    this.#say("");
  }

  /** @param {{gists: number, files: number, lines: number}} found is read while the search goes on */
  begin(found) {
    this.#found = found;
    this.#progress = { gists_known: 0, gists_done: 0, files_known: 0, files_done: 0, bytes: 0, listed: false };
    this.#beganMs = this.#announcedMs = performance.now();
    this.#section.hidden = false;
    this.#section.dataset.state = "running";
    find("progress").hidden = false;
    this.#refresh();
    this.#say("Searching");
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#refresh(), REFRESH_MS);
  }

  /** Take a `progress` event. */
  advance(progress) {
    this.#progress = progress;
  }

  /** Take the `end` event. */
  end({ complete, reason, coverage }) {
    if (!coverage) return this.#finish("failed", "Not everything was searched");
    const amount = [bytes(coverage.bytes), seconds(coverage.duration_s)].join(" · ");
    if (complete && !coverage.gists) return this.#finish("done", "There are no public gists here.");
    if (complete) return this.#finish("done", `Complete: ${count(coverage.files, "file")} in ${count(coverage.gists, "gist")} searched · ${amount}`);
    return this.#finish("partial", `Partial${cause(reason, coverage)}: ${ofAll(coverage.searched, coverage.files, "files")} searched · ${amount}`);
  }

  stop() {
    this.#finish("stopped", this.#reached("Stopped"));
  }

  fail() {
    this.#finish("failed", this.#reached("Broken off"));
  }

  /** The service has not begun to search. */
  refuse() {
    this.#finish("failed", "", "Not searched");
  }

  #finish(state, text, summary = this.#found.gists ? this.#matches() : NOTHING_FOUND[state]) {
    clearInterval(this.#timer);
    this.#section.dataset.state = state;
    find("progress").hidden = true;
    find("summary").textContent = summary;
    find("counts").textContent = text;
    this.#say(`${find("summary").textContent}. ${text}`);
  }

  #refresh() {
    find("summary").textContent = this.#found.gists ? this.#matches() : "Searching…";
    find("counts").textContent = this.#hasGists ? this.#amounts() : `Asking for the list of gists · ${this.#elapsed}`;
    const bar = find("progress");
    const { files_done: done, files_known: known, listed } = this.#progress;
    if (listed && known) {
      bar.max = known;
      bar.value = done;
    } else bar.removeAttribute("value");
    if (performance.now() - this.#announcedMs > ANNOUNCE_MS) this.#say(`${find("summary").textContent} so far`);
  }

  #matches() {
    const { lines, files, gists } = this.#found;
    return [lines && `${count(lines, "line")} in`, count(files, "file"), `of ${count(gists, "gist")}`].filter(Boolean).join(" ");
  }

  /** Return how far a search has come that goes no further. */
  #reached(end) {
    return this.#hasGists ? `${end}: ${this.#amounts()}` : `${end} after ${this.#elapsed}`;
  }

  get #hasGists() {
    return Boolean(this.#progress.gists_known || this.#found.gists);
  }

  get #elapsed() {
    return seconds((performance.now() - this.#beganMs) / 1_000);
  }

  #amounts() {
    const { bytes: searched } = this.#progress;
    const [gists_known, gists_done, files_known, files_done] = this.#counts();
    return [ofAll(gists_done, gists_known, "gists"), ofAll(files_done, files_known, "files"), bytes(searched), this.#elapsed].join(" · ");
  }

  /** Return the counts of the last `progress` event, and no less than what was found since. */
  #counts() {
    const { gists_known, gists_done, files_known, files_done } = this.#progress;
    const { gists, files } = this.#found;
    return [Math.max(gists_known, gists), Math.max(gists_done, gists), Math.max(files_known, files), Math.max(files_done, files)];
  }

  #say(text) {
    find("announcement").textContent = text;
    this.#announcedMs = performance.now();
  }
}

/** Return why a search is partial, if the list of what was not searched does not say it. */
function cause(reason, { searched, files }) {
  if (reason === "deadline") return ", as the time ran out";
  if (reason === "shutdown") return ", as the service is restarting";
  return searched === files ? ", as not everything could be listed" : "";
}
