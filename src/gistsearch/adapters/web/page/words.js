// Numbers, sizes, dates and reasons in words.

const numbers = new Intl.NumberFormat("en");
const decimals = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const times = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

const REASONS = {
  "download-failed": "The download failed. A second search often succeeds.",
  "integrity-mismatch": "What arrived is not what GitHub announced. Search again.",
  "forbidden-origin": "The content is at an address that this service does not trust.",
  "login-required": "GitHub asks for a login. The operator of this service can set a token.",
  "rate-limited": "GitHub’s limit on requests was reached. Search again later.",
  forbidden: "GitHub refuses access.",
  gone: "It no longer exists. Search again to see what there is now.",
  "malformed-record": "GitHub describes it in a form that cannot be read.",
  deadline: "The time for the search ran out.",
  shutdown: "The service was about to restart. Search again.",
  "file-list-truncated": "GitHub lists only some of the gist’s files. Clone the gist to search the others.",
  "too-large": "It is larger than this service allows.",
};

/** Return why something was not searched. A reason that a newer service has is named as it is. */
export function reasonInWords(reason) {
  return Object.hasOwn(REASONS, reason) ? REASONS[reason] : reason;
}

export function count(number, one, many = `${one}s`) {
  return `${numbers.format(number)} ${number === 1 ? one : many}`;
}

export function ofAll(done, known, many) {
  return `${numbers.format(done)} of ${numbers.format(known)} ${many}`;
}

export function bytes(number) {
  if (number < 1_000) return count(number, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(number) / 3), units.length);
  return `${decimals.format(number / 1_000 ** power)} ${units[power - 1]}`;
}

export function seconds(number) {
  if (number < 0.1) return `${Math.round(1_000 * number)} ms`;
  return `${number < 10 ? number.toFixed(1) : numbers.format(Math.round(number))} s`;
}

export function date(text) {
  return dates.format(new Date(text));
}

export function time(text) {
  return times.format(new Date(text));
}
