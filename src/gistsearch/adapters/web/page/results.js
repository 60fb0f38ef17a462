// The gists that match, in the order of the listing, each as soon as it is found.

import { safeAddress } from "./addresses.js";
import { element } from "./dom.js";
import { FileView, link } from "./file_view.js";
import { FrameQueue } from "./frames.js";
import { appendText } from "./text.js";
import { date } from "./words.js";

const KEPT_ROWS = 200_000; // Beyond, lines are only counted: a pattern that matches everything must not fill the memory.

export class Results {
  #container;
  #room = KEPT_ROWS;
  #queue = new FrameQueue();
  #users = [];
  #gists = []; // sorted
  #byKey = new Map();

  constructor(container) {
    this.#container = container;
  }

  /** Begin anew. */
  clear(usernames) {
    this.#queue.clear();
    this.#users = usernames;
    this.#gists = [];
    this.#byKey.clear();
    this.#room = KEPT_ROWS;
    this.#container.replaceChildren();
    this.counts = { gists: 0, files: 0, lines: 0 };
  }

  /** Add a `match` event; it is shown within the next frames. */
  add(match) {
    const key = `${match.position} ${match.username}`;
    if (!this.#byKey.has(key)) {
      this.#byKey.set(key, null);
      this.counts.gists += 1;
    }
    this.counts.files += match.file.part === 0 ? 1 : 0;
    this.counts.lines += match.file.line_count;
    this.#limit(match.file);
    this.#queue.push(() => this.#show(key, match));
  }

  #limit(file) {
    file.lines = file.lines.filter(({ before, after }) => {
      this.#room -= 1 + before.length + after.length;
      return this.#room >= 0;
    });
  }

  #show(key, match) {
    const known = this.#byKey.get(key);
    const gist = known ?? new GistView(match, [this.#users.indexOf(match.username), match.position], this.#queue);
    gist.add(match.file);
    if (known) return;
    this.#byKey.set(key, gist);
    this.#insert(gist);
  }

  #insert(gist) {
    let at = this.#gists.length; // Most come in about this order.
    while (at > 0 && gist.isBefore(this.#gists[at - 1])) at -= 1;
    this.#container.insertBefore(gist.node, this.#gists[at]?.node ?? null);
    this.#gists.splice(at, 0, gist);
  }
}

class GistView {
  #address;
  #order;
  #queue;
  #files = new Map();

  constructor(match, order, queue) {
    this.#address = safeAddress(match.url);
    this.#order = order;
    this.#queue = queue;
    const title = link(this.#address, {});
    if (match.description?.trim()) appendText(title, match.description);
    else title.append(element("i", {}, "No description"));
    const facts = element("p", { class: "facts" });
    appendText(facts, match.username);
    facts.append(" · ", element("time", { datetime: match.updated_at }, date(match.updated_at)));
    this.node = element("article", { class: "gist" }, element("header", {}, element("h2", {}, element("bdi", {}, title)), facts));
  }

  isBefore(other) {
    const [user, position] = this.#order;
    return user < other.#order[0] || (user === other.#order[0] && position < other.#order[1]);
  }

  add(file) {
    const known = this.#files.get(file.filename);
    if (known) known.add(file);
    else {
      const made = new FileView(file, this.#address, this.#queue);
      this.#files.set(file.filename, made);
      this.#insert(file.filename, made);
    }
    // Browsers do not lay out what is far from the screen. This is how large they take it to be.
    const rows = [...this.#files.values()].reduce((sum, each) => sum + each.rows, 0);
    this.node.style.setProperty("--rows", rows);
  }

  /** Keep the files of a gist in the order of their names, which is GitHub's. */
  #insert(filename, view) {
    const later = [...this.#files].filter(([name]) => name > filename).sort(([a], [b]) => (a < b ? -1 : 1));
    this.node.insertBefore(view.node, later[0]?.[1].node ?? null);
  }
}
