// SPDX-License-Identifier: Apache-2.0
// The tables of what there is most of, and the bars of amplification.
import { card, el, fill, table } from "./dom.js";
import { severities } from "./severity.js";
import { ampFloors, asnParts, ampName, count, keyName, percent, plural } from "./text.js";

const FEW = 10;
const MANY = 100;

function bar(share, shade = "") {
  const line = el("i", { class: `bar ${shade}` });
  line.style.width = `${Math.max(0.5, 100 * share)}%`;
  return el("span", { class: "bars", "aria-hidden": "true" }, line);
}

// A key's name as a button that shows its services in the list below.
function asFilter(group, key, view) {
  const value = group === "asn" ? asnParts(key)[0] : key;
  const name = keyName(group, key);
  if (!value || key === "other")
    return name;
  return el("button", { type: "button", class: "link", title: `Show the services: ${name}`,
    on: { click: () => view.set({ [group]: value, page: "1" }) } }, el("bdi", {}, name));
}

export function topTable(id, title, group, overview, view) {
  const part = card(id, title, "");
  let open = false;

  function draw() {
    const { rows, rest, leftOut } = overview.means(group, overview.range(view.get()));
    const all = group === "tag" ? mostOf(overview, view) : rows.reduce((s, [, n]) => s + n, rest);
    const shown = rows.slice(0, open ? MANY : FEW);
    const hidden = rows.length - shown.length;
    if (!rows.length) {
      fill(part.body, el("p", { class: "empty" }, "Nothing known yet."));
      return;
    }
    const node = table(title, [title, "Services", "Share"], shown.map(([key, n]) => [
      el("span", { class: "key" }, asFilter(group, key, view), bar(n / shown[0][1])), count(n), percent(n, all)]));
    node.classList.add("top");
    fill(part.body, node, (hidden > 0 || open) && el("button", { type: "button", class: "more",
      "aria-expanded": String(open), on: { click: () => { open = !open; draw(); part.body.querySelector("button.more")?.focus(); } } },
    open ? "Show fewer" : `Show ${Math.min(hidden, MANY - FEW)} more`));
    part.say(leftOut ? `${plural(leftOut, "smaller one")} left out: ${plural(rest, "service")}.` : "");
  }

  draw();
  view.on((now, before) => (now.from !== before.from || now.to !== before.to) && draw());
  return part.node;
}

// A service has several tags: shares are of the services.
function mostOf(overview, view) {
  const total = overview.means("total", overview.range(view.get())).rows.find(([k]) => k === "services");
  return total?.[1] ?? 0;
}

// Bars of a fixed set of keys in their own order.
function scaleTable(id, title, note, group, keys, nameOf, shadeOf, overview, view) {
  const part = card(id, title, note);
  const draw = () => {
    const by = new Map(overview.means(group, overview.range(view.get())).rows);
    const most = Math.max(...by.values(), 1);
    const all = [...by.values()].reduce((a, b) => a + b, 0);
    const node = table(title, [title, "Services", "Share"], keys.map((key) => {
      const n = by.get(key) ?? 0;
      return [el("span", { class: "key" }, nameOf(key), n ? bar(n / most, shadeOf(key)) : null),
        count(n), percent(n, all) || "0%"];
    }));
    node.classList.add("top");
    fill(part.body, node);
  };
  draw();
  view.on((now, before) => (now.from !== before.from || now.to !== before.to) && draw());
  return part.node;
}

export const amplification = (overview, view) => scaleTable("amp", "Amplification",
  "Bytes of the answer for each byte of the question: what a forged question would do to a victim.",
  "amp", ampFloors.map(String), (key) => ampName(Number(key)),
  (key) => (Number(key) >= 1000 ? "s-critical" : Number(key) >= 500 ? "s-high" : Number(key) >= 100 ? "s-medium" : "s-info"),
  overview, view);

export const severityTable = (overview, view) => scaleTable("severity", "Severity",
  "From what is exposed and how far an answer amplifies.", "severity", severities,
  (key) => el("button", { type: "button", class: `link sev s-${key}`, title: `Show the services: ${key}`,
    on: { click: () => view.set({ severity: key, page: "1" }) } }, key),
  (key) => `s-${key}`, overview, view);
