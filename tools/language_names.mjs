// Rewrites the table in src/gistsearch/domain/language_names.py from linguist's list of languages.
//
//     npm install --no-save linguist-languages && node tools/language_names.mjs
import { readFileSync, writeFileSync } from "node:fs";
import * as languages from "linguist-languages";

const path = new URL("../src/gistsearch/domain/language_names.py", import.meta.url);
const rows = Object.values(languages)
  .filter((language) => language?.name)
  .sort((a, b) => (a.name < b.name ? -1 : 1))
  .map(({ name, aliases = [] }) => [name, ...aliases.filter((alias) => alias !== name.toLowerCase())].join("|"));
const source = readFileSync(path, "utf8");
const [before, rest] = source.split('_TABLE = """\\\n');
const after = rest.slice(rest.indexOf('"""'));
writeFileSync(path, `${before}_TABLE = """\\\n${rows.join("\n")}\n${after}`);
