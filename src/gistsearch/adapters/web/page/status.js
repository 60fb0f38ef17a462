// How far the search has come, in words and as a bar.

import { find } from "./dom.js";
import { bytes, count, ofAll, seconds } from "./words.js";

const REFRESH_MS = 200;
const ANNOUNCE_MS = 5_000; // More often, a screen reader would say nothing else.

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
    const cause = { deadline: ", as the time ran out", shutdown: ", as the service is restarting" }[reason] ?? "";
    return this.#finish("partial", `Partial${cause}: ${ofAll(coverage.searched, coverage.files, "files")} searched · ${amount}`);
  }

  stop() {
    this.#finish("stopped", `Stopped: ${this.#amounts()}`);
  }

  fail() {
    this.#finish("failed", `Broken off: ${this.#amounts()}`);
  }

  /** The service has not begun to search. */
  refuse() {
    this.#finish("failed", "", "Not searched");
  }

  #finish(state, text, summary = this.#found.gists ? this.#matches() : "No matches") {
    clearInterval(this.#timer);
    this.#section.dataset.state = state;
    find("progress").hidden = true;
    find("summary").textContent = summary;
    find("counts").textContent = text;
    this.#say(`${find("summary").textContent}. ${text}`);
  }

  #refresh() {
    find("summary").textContent = this.#found.gists ? this.#matches() : "Searching…";
    find("counts").textContent = this.#amounts();
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

  #amounts() {
    const { gists_done, gists_known, files_done, files_known, bytes: searched } = this.#progress;
    const elapsed = seconds((performance.now() - this.#beganMs) / 1_000);
    if (!gists_known) return this.#found.gists ? elapsed : `Asking for the list of gists · ${elapsed}`;
    return [ofAll(gists_done, gists_known, "gists"), ofAll(files_done, files_known, "files"), bytes(searched), elapsed].join(" · ");
  }

  #say(text) {
    find("announcement").textContent = text;
    this.#announcedMs = performance.now();
  }
}
