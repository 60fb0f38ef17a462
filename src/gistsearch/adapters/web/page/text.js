// Text from outside, as it may be shown: characters that would deceive a reader are spelled out, as on the command line.

import { element } from "./dom.js";

// Controls, format characters (those that change the direction of text among them), and what is not assigned. Emoji and
// some scripts need the two joiners.
const HIDDEN = /(?![\t\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/u;
const HIDDEN_PARTS = new RegExp(`(${HIDDEN.source})`, "u");
const SURROGATE = /[\ud800-\udfff]/;
const SHORT = { "\n": "\\n", "\r": "\\r" };

/** Append text to an element. */
export function appendText(parent, text) {
  if (!HIDDEN.test(text)) {
    parent.append(text);
    return;
  }
  text.split(HIDDEN_PARTS).forEach((part, at) => {
    if (at % 2) parent.append(element("span", { class: "control" }, escapeCharacter(part)));
    else if (part) parent.append(part);
  });
}

/**
 * Append a line to an element, with its matches marked.
 *
 * @param {Array<[number, number]>} spans half-open, in order, in code points of the text
 */
export function appendMarked(parent, text, spans) {
  // Most text has as many code units as code points, and need not be taken apart.
  const characters = SURROGATE.test(text) ? Array.from(text) : null;
  const slice = (start, end) => (characters ? characters.slice(start, end).join("") : text.slice(start, end));
  let shown = 0;
  for (const [start, end] of spans) {
    if (end <= start) continue;
    if (start > shown) appendText(parent, slice(shown, start));
    const mark = element("mark");
    appendText(mark, slice(start, end));
    parent.append(mark);
    shown = end;
  }
  appendText(parent, slice(shown));
}

/** Return text with such characters spelled out, for attributes and titles. */
export function visible(text) {
  return text.split(HIDDEN_PARTS).map((part, at) => (at % 2 ? escapeCharacter(part) : part)).join("");
}

function escapeCharacter(character) {
  const code = character.codePointAt(0);
  const digits = code.toString(16);
  if (character in SHORT) return SHORT[character];
  if (code < 0x100) return `\\x${digits.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
