// SPDX-License-Identifier: Apache-2.0
// The top of the page: what it is about, and the figures to know first.
import { el, fill } from "./dom.js";
import { severities } from "./severity.js";
import { count, growth, longDay, percent, span } from "./text.js";
import { visible } from "./visible.js";

function figure(label, value, note, shade = "") {
  return el("div", { class: `figure ${shade}` }, el("dt", {}, label),
    el("dd", { class: "value" }, value), el("dd", { class: "aside" }, note || "\u00a0"));
}

// What is not the reader's own scan must be seen at once.
function banner(overview, range) {
  const sample = overview.daysWith("sample", range);
  const report = overview.daysWith("report", range);
  const of = (n) => (range.n === 1 ? "" : n === range.n ? ` on all ${n} days shown` : ` on ${n} of the ${range.n} days shown`);
  return [
    sample && el("p", { class: "banner" }, el("b", {}, "Sample data"), `${of(sample)}: made up to show this page, not found in any network.`),
    report && el("p", { class: "banner" }, el("b", {}, "Imported reports"), `${of(report)}: found by somebody else's scan.`),
    overview.incomplete.has(range.to) && el("p", { class: "banner" }, el("b", {}, "Incomplete"), `: files of ${longDay(range.to)} are missing from the store.`),
  ].filter(Boolean);
}

function severityBar(overview, range) {
  const by = new Map(overview.means("severity", range).rows);
  const all = [...by.values()].reduce((a, b) => a + b, 0);
  const bar = el("div", { class: "sevbar", role: "img", "aria-label":
    severities.map((s) => `${s} ${percent(by.get(s) ?? 0, all) || "0%"}`).join(", ") });
  for (const s of severities.filter((name) => by.get(name))) {
    const piece = el("i", { class: `s-${s}` });
    piece.style.flexGrow = by.get(s);
    bar.append(piece);
  }
  return all ? bar : null;
}

export function head(data, view) {
  const { overview } = data;
  const top = document.getElementById("top");
  const title = el("div", { class: "title" },
    el("p", { class: "brand" }, el("span", { class: "logo", "aria-hidden": "true" }), "coapscope"),
    el("h1", {}, "Exposed CoAP services", overview.owner ? el("span", { class: "owner" }, ` of ${visible(overview.owner)}`) : ""));
  if (overview.last < 0) {
    fill(top, title, el("div", { class: "nothing" },
      el("p", {}, el("b", {}, "There is nothing in this store yet.")),
      el("p", {}, "Scan what you own, or import the reports that you receive; this page fills itself:"),
      el("pre", { tabindex: 0 }, "coapscope scan 192.0.2.0/24\ncoapscope report import 2026-01-05-scan_coap-example-asn.csv")));
    return;
  }

  const lead = el("p", { class: "lead" });
  const notes = el("div", { class: "banners" });
  const box = el("dl", { class: "numbers" });
  const bar = el("div");
  fill(top, title, lead, notes, box, bar);

  function draw() {
    const range = overview.range(view.get());
    const mean = (group, key) => overview.means(group, range).rows.find(([k]) => k === key)?.[1] ?? 0;
    const services = mean("total", "services");
    const one = range.n === 1;
    const bad = mean("severity", "critical") + mean("severity", "high");
    const compared = overview.series("change", "new").slice(range.first, range.last + 1).some((v) => v !== null)
      && overview.groups.change?.keys.length > 0;
    const big = overview.means("amp", range).rows.reduce((s, [k, n]) => s + (Number(k) >= 1000 ? n : 0), 0);
    const by = growth(services, one ? overview.at("total", "services", range.first - 1) : null);
    fill(lead, el("b", {}, span(range.from, range.to)), one ? "" : `: means of ${range.n} days`);
    fill(notes, banner(overview, range));
    fill(box,
      figure("Services", count(services), /^.0\.0%/.test(by) ? "as the day before" : by ? `${by} since the day before` : one ? "address and port" : "a day"),
      figure("Addresses", count(mean("total", "addresses")), mean("total", "ipv6") ? `${count(mean("total", "ipv6"))} of them IPv6` : ""),
      figure("Critical or high", count(bad), percent(bad, services) && `${percent(bad, services)} of all`, bad ? "bad" : ""),
      figure("Reflect \u00d710 or more", count(big), percent(big, services) && `${percent(big, services)} of all`),
      figure("New", compared ? count(mean("change", "new")) : "\u2013", compared ? (one ? "since the day before" : "a day") : "no earlier day"),
      figure("Gone", compared ? count(mean("change", "gone")) : "\u2013", compared ? (one ? "asked again, silent" : "a day") : "no earlier day"));
    fill(bar, severityBar(overview, range));
  }

  draw();
  view.on((now, before) => (now.from !== before.from || now.to !== before.to) && draw());
}
