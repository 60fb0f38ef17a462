// One file of a gist with its matching lines.

import { fileAnchor } from "./addresses.js";
import { element } from "./dom.js";
import { appendMarked, appendText, visible } from "./text.js";
import { bytes, count } from "./words.js";

const FOLDED_LINES = 20; // More are shown when they are asked for.
const LINES_PER_TASK = 50;

export class FileView {
  #address;
  #name; // a place to stop at if no line is shown
  #queue;
  #list = element("ol", { class: "lines" });
  #facts = element("p", { class: "facts" });
  #notes = element("p", { class: "note", hidden: "" });
  #more = null;
  #folded = [];
  #lineCount = 0;
  #received = 0;
  #lastNumber = 0;
  #unfolded = false;
  #file;

  /**
   * @param {Object} file as in a `match` event
   * @param {?string} gistAddress
   * @param {FrameQueue} queue takes the work that is too much for one task
   */
  constructor(file, gistAddress, queue) {
    this.#file = file;
    this.#queue = queue;
    this.#address = gistAddress && `${gistAddress}#${fileAnchor(file.filename)}`;
    this.#name = link(this.#address, { class: "stop" });
    appendText(this.#name, file.filename);
    const head = element("header", {}, element("h3", {}, element("bdi", {}, this.#name)), this.#facts);
    this.node = element("section", { class: "file", "aria-label": visible(file.filename) }, head, this.#list, this.#notes);
    this.add(file);
  }

  /** How many rows are shown, about. */
  get rows() {
    return this.#list.childElementCount + 2;
  }

  /** Add a part of the file's matches. */
  add(file) {
    this.#lineCount += file.line_count;
    this.#received += file.lines.length;
    const room = this.#unfolded ? file.lines.length : Math.max(0, FOLDED_LINES - this.#list.childElementCount);
    this.#append(file.lines.slice(0, room));
    for (const line of file.lines.slice(room)) this.#folded.push(line);
    this.#describe(file);
    this.#offerMore();
  }

  #describe(file) {
    const size = file.size === null ? null : bytes(file.size);
    const facts = [file.language, size, count(this.#lineCount, "line")].filter(Boolean);
    this.#facts.textContent = "";
    appendText(this.#facts, facts.join(" · "));
    const isCut = this.#lineCount > this.#received;
    const cut = isCut ? "More lines match than are shown here." : "";
    this.#notes.textContent = file.binary && !this.#received ? "This binary file matches." : cut;
    this.#notes.hidden = !this.#notes.textContent;
  }

  #offerMore() {
    if (!this.#folded.length) return;
    if (!this.#more) {
      this.#more = element("button", { type: "button", class: "more stop" });
      this.#more.addEventListener("click", () => this.#unfold());
      this.#list.after(this.#more);
    }
    this.#more.textContent = `Show ${count(this.#folded.length, "more line")}`;
  }

  #unfold() {
    this.#unfolded = true;
    const folded = this.#folded;
    this.#folded = [];
    const last = this.#list.lastElementChild;
    this.#append(folded.slice(0, LINES_PER_TASK));
    for (let at = LINES_PER_TASK; at < folded.length; at += LINES_PER_TASK) {
      this.#queue.push(() => this.#append(folded.slice(at, at + LINES_PER_TASK)));
    }
    (last?.nextElementSibling ?? this.#list).querySelector("a")?.focus();
    this.#more.remove();
    this.#more = null;
  }

  #append(lines) {
    const rows = document.createDocumentFragment();
    for (const line of lines) {
      const first = line.number - line.before.length;
      if (this.#lastNumber && first > this.#lastNumber + 1 && this.#hasContext(line)) {
        rows.append(element("li", { class: "gap", "aria-hidden": "true" }, "⋯"));
      }
      line.before.forEach((near, at) => this.#appendContext(rows, first + at, near));
      rows.append(this.#row(line));
      this.#lastNumber = line.number;
      line.after.forEach((near, at) => this.#appendContext(rows, line.number + 1 + at, near));
    }
    this.#list.append(rows);
    if (lines.length) this.#name.classList.remove("stop");
  }

  #hasContext(line) {
    return line.before.length + line.after.length > 0;
  }

  #row(line) {
    const code = element("code");
    if (line.offset) code.append(element("span", { class: "cut" }, "…"));
    appendMarked(code, line.text, line.spans);
    if (line.truncated) code.append(element("span", { class: "cut" }, "…"));
    return element("li", {}, this.#numberLink(line.number), code);
  }

  #appendContext(rows, number, line) {
    if (number <= this.#lastNumber) return; // already shown, around the match before
    this.#lastNumber = number;
    const code = element("code");
    appendText(code, line.text);
    if (line.truncated) code.append(element("span", { class: "cut" }, "…"));
    rows.append(element("li", { class: "near" }, element("span", { class: "number" }, String(number)), code));
  }

  #numberLink(number) {
    const address = this.#address && `${this.#address}-L${number}`;
    return link(address, { class: "number stop", "aria-label": `Line ${number}` }, String(number));
  }
}

/** Make a link to another site, or plain text if there is no address. It opens beside a search that goes on. */
export function link(address, attributes, ...children) {
  if (!address) return element("span", attributes, ...children);
  return element("a", { ...attributes, href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}
