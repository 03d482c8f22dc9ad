// SPDX-License-Identifier: Apache-2.0
// Makes web/dist from web/src: page.js, page.css, page.html with both inside and
// their hashes in policy.txt, and the licences of what is bundled. The same
// input gives the same bytes: dist is committed, and a test builds it again.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { geoArea, geoCentroid } from "d3-geo";
import { feature } from "topojson-client";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
const read = (...path) => readFileSync(join(here, ...path), "utf8");
const json = (...path) => JSON.parse(read("node_modules", ...path));

// The small map lacks small states: where they are is taken from the larger one.
function placesOffTheMap() {
  const of = (scale) => {
    const world = json("world-atlas", `countries-${scale}.json`);
    return feature(world, world.objects.countries).features.filter((f) => f.id);
  };
  const there = new Set(of("110m").map((f) => f.id));
  return of("50m").filter((f) => !there.has(f.id) && geoArea(f) < 1)
    .map((f) => [f.id, geoCentroid(f).map((x) => Math.round(x * 10) / 10)])
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

// Alpha-2 and numeric code; the names are the browser's.
function countries() {
  return json("i18n-iso-countries", "codes.json")
    .map(([two, , number]) => [two, number])
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

const tables = {
  name: "tables",
  setup(b) {
    const made = { places: placesOffTheMap, countries };
    b.onResolve({ filter: /^made:/ }, (a) => ({ path: a.path.slice(5), namespace: "made" }));
    b.onLoad({ filter: /.*/, namespace: "made" }, (a) =>
      ({ contents: JSON.stringify(made[a.path]()), loader: "json" }));
  },
};

const notice = "SPDX-License-Identifier: Apache-2.0; what is bundled: LICENSES.txt of coapscope's web/dist";

async function bundle(entry) {
  const result = await build({
    entryPoints: [join(here, "src", entry)], bundle: true, minify: true, write: false,
    format: "iife", target: "es2020", charset: "ascii", legalComments: "none",
    banner: { js: `/*! ${notice} */`, css: `/*! ${notice} */` }, loader: { ".json": "json" }, plugins: [tables], metafile: true, absWorkingDir: here,
  });
  return { text: result.outputFiles[0].text.trim(), inputs: Object.keys(result.metafile.inputs) };
}

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

function licences(inputs) {
  const names = new Set(inputs.map((i) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(i)?.[1])
    .filter(Boolean).concat("world-atlas", "i18n-iso-countries"));
  return [...names].sort().map((name) => {
    const about = json(name, "package.json");
    const file = readdirSync(join(here, "node_modules", name)).find((f) => /^licen[sc]e/i.test(f));
    const text = file ? read("node_modules", name, file).trim() : "(no licence file in the package)";
    return `${name} ${about.version}: ${about.license}\n\n${text}\n`;
  }).join(`\n${"-".repeat(78)}\n\n`);
}

if (!existsSync(out))
  mkdirSync(out, { recursive: true });
const js = await bundle("main.js");
const css = await bundle("page.css");
if (/<\/(script|style)|<!--/i.test(js.text + css.text))
  throw new Error("the bundle would end its own element");
const page = read("src", "page.html")
  .replace("/*css*/", () => css.text).replace("/*js*/", () => js.text);
const policy = ["default-src 'none'", `script-src ${hash(js.text)}`, `style-src ${hash(css.text)}`,
  "img-src data:", "base-uri 'none'", "form-action 'none'"].join("; ");
const put = (name, text) => writeFileSync(join(out, name), text);
put("page.js", `${js.text}\n`);
put("page.css", `${css.text}\n`);
put("page.html", page);
put("policy.txt", policy);
put("LICENSES.txt", licences(js.inputs));
console.log(`page.js ${js.text.length}, page.css ${css.text.length}, page.html ${page.length} bytes`);
