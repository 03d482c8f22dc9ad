// SPDX-License-Identifier: Apache-2.0
// The data: embedded in a file, or fetched beside the page when it is served.
// docs/page-data.md has the two schemas.
import { severities } from "./severity.js";

const embedded = (id) => {
  const node = document.getElementById(id);
  return node ? JSON.parse(node.textContent) : null;
};

async function fetched(path, params) {
  const query = new URLSearchParams(params);
  const reply = await fetch(`data/${path}?${query}`, { credentials: "same-origin" });
  if (!reply.ok)
    throw new Error(`${path}: ${reply.status} ${(await reply.text()).slice(0, 200)}`);
  return reply.json();
}

export async function openData() {
  const overview = embedded("overview-data");
  const live = !overview;
  return {
    live,
    overview: new Overview(overview ?? await fetched("overview.json", {})),
    services: embedded("services-data"),
    // Served: one page of a day's list, and the tree of a day.
    ask: (params) => fetched("services.json", params),
    tree: async (day) => (await fetched("overview.json", { from: day, to: day })).tree,
  };
}

export class Overview {
  constructor(json) {
    Object.assign(this, { made: json.made, owner: json.owner, tree: json.tree, version: json.version });
    this.days = json.days ?? [];
    this.incomplete = new Set(json.incomplete ?? []);
    this.groups = json.groups ?? {};
    this.sources = json.sources ?? [];
    this.last = this.days.length - 1;
  }

  // One key's value a day; nulls where nothing is known.
  series(group, key) {
    return this.groups[group]?.keys.find(([k]) => k === key)?.[1] ?? this.days.map(() => 0);
  }

  at(group, key, i) {
    return i < 0 ? null : this.series(group, key)[i];
  }

  // The days of the view as indexes; the last day where it names none.
  range(view) {
    if (this.last < 0)
      return null;
    const from = view.from || view.to || this.days[this.last];
    const to = view.to || view.from || this.days[this.last];
    const [a, b] = from <= to ? [from, to] : [to, from];
    let first = this.days.findIndex((d) => d >= a);
    let last = this.days.findLastIndex((d) => d <= b);
    if (first < 0 || last < 0 || first > last)
      first = last = this.last;
    return { first, last, from: this.days[first], to: this.days[last], n: last - first + 1 };
  }

  // What a group's keys had a day on average, most first: [[key, n]].
  means(group, range) {
    const got = this.groups[group];
    if (!got || !range)
      return { rows: [], rest: 0, leftOut: 0 };
    const mean = (values) => values ? mid(values.slice(range.first, range.last + 1)) : 0;
    const rows = got.keys.map(([key, values]) => [key, mean(values)]).filter(([, n]) => n > 0);
    rows.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    return { rows, rest: mean(got.rest), leftOut: got.left_out ?? 0 };
  }

  bySeverity() {
    return severities.map((s) => this.series("severity", s));
  }

  // Days of the range that hold rows of a kind: "sample", "report", "scan".
  daysWith(source, range) {
    const values = this.series("source", source);
    return values.slice(range.first, range.last + 1).filter((n) => n > 0).length;
  }
}

function mid(values) {
  const known = values.filter((v) => v !== null);
  return known.length ? known.reduce((a, b) => a + b, 0) / known.length : 0;
}
