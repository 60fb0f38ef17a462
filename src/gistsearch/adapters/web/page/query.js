// A search as the form shows it, as the address holds it, and as the service takes it. The names are the API's.

const FLAGS = ["ignore_case", "word", "fixed_strings", "multiline", "text"];
const LISTS = ["files", "languages"];
const LINES_PER_FILE = 1_000; // as many as the service reports
const SHOWN_CHARACTERS = 60; // of a parameter that is ignored

/** Return the search that the form asks for. */
export function readForm(form) {
  const fields = form.elements;
  const query = { usernames: usernames(fields.username.value), pattern: fields.pattern.value };
  for (const name of FLAGS) if (fields[name].checked) query[name] = true;
  for (const name of LISTS) {
    const values = list(fields[name].value);
    if (values.length) query[name] = values;
  }
  if (Number(fields.context.value)) query.context = Number(fields.context.value);
  return query;
}

/** Have the form show a search. */
export function fillForm(form, query) {
  const fields = form.elements;
  fields.username.value = query.usernames.join(" ");
  fields.pattern.value = query.pattern;
  for (const name of FLAGS) fields[name].checked = Boolean(query[name]);
  for (const name of LISTS) fields[name].value = (query[name] ?? []).join(", ");
  fields.context.value = query.context ?? 0;
  if (["files", "languages", "context", "text"].some((name) => query[name])) form.querySelector("details").open = true;
}

/** Return the request that the service takes. */
export function toRequest({ usernames: [first, ...others], ...query }) {
  const users = others.length ? { usernames: [first, ...others] } : { username: first };
  return { ...users, ...query, detail: "lines", max_lines_per_file: LINES_PER_FILE };
}

/** Return a search as query parameters, the same as those of a GET to the service. */
export function toParameters({ usernames: users, ...query }) {
  const parameters = new URLSearchParams();
  for (const user of users) parameters.append(users.length > 1 ? "usernames" : "username", user);
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) parameters.append(name, each);
  }
  return parameters;
}

/** Return the search that query parameters hold, or null. Parameters that the form does not show are left out. */
export function fromParameters(parameters) {
  if (!parameters.has("pattern")) return null;
  const users = [...parameters.getAll("username"), ...parameters.getAll("usernames")];
  const query = { usernames: users.flatMap(usernames), pattern: parameters.get("pattern") };
  for (const name of FLAGS) if (["true", "1"].includes(parameters.get(name))) query[name] = true;
  for (const name of LISTS) if (parameters.has(name)) query[name] = parameters.getAll(name);
  const context = Number(parameters.get("context"));
  if (context) query.context = context;
  return query;
}

/** Return the parameters that `fromParameters` leaves out, as `name=value`. */
export function ignoredParameters(parameters) {
  const ignored = [...parameters].filter(([name, value], at, all) => {
    if (!parameters.has("pattern")) return true;
    if (FLAGS.includes(name)) return !["true", "1", "false", "0"].includes(value);
    if (name === "context") return Number.isNaN(Number(value));
    if (name === "pattern") return all.findIndex(([other]) => other === name) < at;
    return ![...LISTS, "username", "usernames"].includes(name);
  });
  return ignored.map(([name, value]) => shortened(value ? `${name}=${value}` : name));
}

function shortened(text) {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** Return the names in what people type or paste: `octo`, `@octo`, the address of a profile or of a gist. */
function usernames(text) {
  const words = text.split(/[\s,]+/).filter(Boolean);
  return words.map((word) => word.replace(/^(https?:\/\/)?((www|gist)\.)?github\.com\/([^/?#]+).*$/i, "$4").replace(/^@/, ""));
}

/** Split at commas, but not at those within braces: `*.{md,txt}` is one glob. */
function list(text) {
  return text.split(/,(?![^{]*\})/).map((part) => part.trim()).filter(Boolean);
}
