// Where gists, files and lines are found on GitHub.

const TRANSLITERATED = {
  ß: "ss", Æ: "AE", æ: "ae", Œ: "OE", œ: "oe", Ø: "O", ø: "o", Ł: "L", ł: "l", Đ: "D", đ: "d", Ð: "D", ð: "d", Þ: "Th",
  þ: "th", ı: "i",
};

/**
 * Return the anchor of a file on its gist's page: `file-hello-world-py` for `Hello World.py`.
 *
 * GitHub names files as Rails' `parameterize` does: letters without their accents, in lower case, every run of other
 * characters but `_` and `-` a single `-`, and none at either end.
 */
export function fileAnchor(filename) {
  const slug = filename
    .replace(/[ßÆæŒœØøŁłĐđÐðÞþı]/g, (letter) => TRANSLITERATED[letter])
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/-{2,}/g, "-")
    .replace(/^-+|-+$/g, "");
  return `file-${slug}`;
}

/** Return an address that may be linked to, or null: what a service sends might run code. */
export function safeAddress(text) {
  const parsed = URL.parse(text ?? "");
  return parsed && ["https:", "http:"].includes(parsed.protocol) ? parsed.href : null;
}
