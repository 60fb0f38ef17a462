// What was not searched, grouped by reason.

import { safeAddress } from "./addresses.js";
import { element } from "./dom.js";
import { link } from "./file_view.js";
import { appendText } from "./text.js";
import { count, reasonInWords } from "./words.js";

const LISTED = 100; // of each reason; the rest is counted

export class Missing {
  #section;
  #heading = element("h2");
  #groups = new Map();
  #total = 0;

  constructor(section) {
    this.#section = section;
  }

  clear() {
    this.#groups.clear();
    this.#total = 0;
    this.#section.replaceChildren(this.#heading);
    this.#section.hidden = true;
  }

  /** Add a `skipped` event. */
  add(skipped) {
    this.#total += 1;
    this.#heading.textContent = `${count(this.#total, "item was", "items were")} not searched`;
    if (!this.#groups.has(skipped.reason)) this.#groups.set(skipped.reason, new Group(skipped.reason, this.#section));
    this.#groups.get(skipped.reason).add(skipped);
    this.#section.hidden = false;
  }
}

class Group {
  #count = 0;
  #number = element("span", { class: "count" });
  #list = element("ul");
  #rest = element("p", { class: "hint" });

  constructor(reason, parent) {
    const words = element("span");
    appendText(words, reasonInWords(reason));
    parent.append(element("details", { "data-reason": reason }, element("summary", {}, this.#number, " ", words), this.#list, this.#rest));
  }

  add(skipped) {
    this.#count += 1;
    this.#number.textContent = `${this.#count.toLocaleString("en")} ×`;
    if (this.#count <= LISTED) this.#list.append(item(skipped));
    else this.#rest.textContent = `and ${(this.#count - LISTED).toLocaleString("en")} more`;
  }
}

function item({ username, gist, filename, detail }) {
  const address = safeAddress(gist);
  const name = link(address, {});
  appendText(name, filename ?? (address ? address.split("/").pop() : username));
  const said = element("span", { class: "hint" });
  appendText(said, detail);
  return element("li", {}, element("bdi", {}, name), " ", said);
}
