// SPDX-License-Identifier: Apache-2.0
// The list of services, worst first, with search, filters and pages; each opens
// to what was seen of it.
import { card, el, fill } from "./dom.js";
import { choose, sorts } from "./list.js";
import { resources } from "./resources.js";
import { severities } from "./severity.js";
import { since } from "./since.js";
import { count, countryName, keyName, longDay, plural, times, when } from "./text.js";
import { filters } from "./view.js";
import { visible } from "./visible.js";

const PAGE = 50;

export function serviceList(data, view) {
  const { overview } = data;
  const part = card("services", "Services", "");
  const search = el("input", { type: "search", id: "search", placeholder: "Address, name, resource, network, city",
    autocomplete: "off", spellcheck: "false", maxlength: 200 });
  const severity = menu("Severity", [["", "Any severity"], ...severities.map((s) => [s, s])], (v) => view.set({ severity: v, page: "1" }));
  const sort = menu("Order", Object.entries(sorts).map(([k, [text]]) => [k, text]), (v) => view.set({ sort: v, page: "1" }));
  const chips = el("ul", { class: "chips", "aria-label": "Filters in force" });
  const status = el("p", { class: "status", role: "status" });
  const rows = el("ol", { class: "rows" });
  const pager = el("nav", { class: "pager", "aria-label": "Pages of the list" });
  let timer = 0;
  let asked = 0;

  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => view.set({ q: search.value, page: "1" }, { quiet: true }), data.live ? 250 : 80);
  });
  part.body.append(
    el("form", { class: "filters", role: "search", on: { submit: (e) => e.preventDefault() } },
      el("label", { class: "wide" }, el("span", {}, "Search"), search), severity.node, sort.node),
    chips, status, el("div", { class: "heads", "aria-hidden": "true" },
      ["Severity", "Address and name", "Place and network", "Stack", "Amplifies", "Resources", "Seen"].map((h) => el("span", {}, h))),
    rows, pager);

  // { matching, total, services } of the page that is looked at.
  async function find(v) {
    const offset = (Math.max(1, parseInt(v.page, 10) || 1) - 1) * PAGE;
    if (!data.live) {
      const found = choose(data.services?.services ?? [], v);
      const at = offset < found.length ? offset : 0;
      return { matching: found.length, offset: at, services: found.slice(at, at + PAGE) };
    }
    const params = { day: overview.range(v)?.to ?? "", offset, limit: PAGE };
    for (const name of filters)
      if (v[name])
        params[name] = v[name];
    if (v.q.trim())
      params.q = v.q.trim();
    if (v.sort)
      params.sort = v.sort;
    return data.ask(params);
  }

  async function draw() {
    const v = view.get();
    const turn = ++asked;
    let got;
    try {
      got = await find(v);
    } catch (error) {
      status.textContent = `The list could not be fetched: ${error.message}`;
      return;
    }
    if (turn !== asked)
      return;
    if (document.activeElement !== search)
      search.value = v.q;
    severity.set(v.severity);
    sort.set(v.sort);
    fill(chips, filters.filter((f) => v[f]).map((f) => chip(f, v[f], () => view.set({ [f]: "", page: "1" }))));
    fill(rows, got.services.map((s) => row(s, v, view, markOf(s, data, overview))));
    part.say(about(data, overview, v));
    status.textContent = got.matching ? `${count(got.offset + 1)}\u2013${count(got.offset + got.services.length)} of ${plural(got.matching, "service")}` : "";
    if (!got.matching)
      rows.append(el("li", { class: "empty" }, data.services?.total || data.live ? "No service matches. Take a filter away or search for something else." : "No service was found on this day."));
    pages(got);
  }

  function pages(got) {
    const last = Math.ceil(got.matching / PAGE);
    const now = Math.floor(got.offset / PAGE) + 1;
    const go = (to, text) => el("button", { type: "button", disabled: to < 1 || to > last,
      on: { click: () => { view.set({ page: String(to) }); part.node.scrollIntoView(); part.node.focus({ preventScroll: true }); } } }, text);
    fill(pager, last > 1 ? [go(now - 1, "Previous"), el("span", {}, `Page ${count(now)} of ${count(last)}`), go(now + 1, "Next")] : []);
  }

  draw();
  view.on((now, before) => {
    const mine = ["q", "sort", "page", ...filters, ...(data.live ? ["from", "to"] : [])];
    if (mine.some((k) => now[k] !== before[k]))
      draw();
    if (filters.some((f) => now[f] !== before[f] && now[f]) && !part.node.contains(document.activeElement)) {
      part.node.scrollIntoView();
      part.node.focus({ preventScroll: true });
    }
  });
  return part.node;
}

function about(data, overview, v) {
  if (data.live)
    return overview.last < 0 ? "" : `${longDay(overview.range(v).to)}. Resource names and texts are the devices' own.`;
  const { day, total, services } = data.services ?? { total: 0, services: [] };
  const kept = services.length;
  const cut = kept < total ? `The worst ${count(kept)} of ${count(total)}: the other ${count(total - kept)} were left out of this file; "coapscope serve" pages through all.` : "";
  return day ? `${longDay(day)}. ${cut}` : "";
}

// Where a row is from, if it was no scan of ours.
function markOf(s, data, overview) {
  if (s.match !== "report")
    return "";
  const day = data.services?.day ?? overview.days[overview.last];
  const i = overview.days.indexOf(day);
  return overview.at("source", "sample", i) > 0 && !(overview.at("source", "report", i) > 0) ? "sample" : "imported";
}

function menu(label, options, chosen) {
  const select = el("select", { on: { change: () => chosen(select.value) } },
    options.map(([value, text]) => el("option", { value }, text)));
  return { node: el("label", {}, el("span", {}, label), select), set: (value) => { select.value = value; } };
}

const chipNames = { severity: "Severity", geo: "Country", asn: "Network", port: "Port", stack: "Stack", tag: "Tag" };

function chip(name, value, remove) {
  return el("li", {}, el("button", { type: "button", on: { click: remove }, "aria-label": `Remove the filter ${chipNames[name]} ${keyName(name, value)}` },
    `${chipNames[name]}: `, el("bdi", {}, keyName(name, value)), el("span", { class: "x", "aria-hidden": "true" }, " \u00d7")));
}

const endpoint = (s) => (s.ip.includes(":") ? `[${s.ip}]:${s.port}` : `${s.ip}:${s.port}`);

function row(s, v, view, mark) {
  const id = endpoint(s);
  const place = [s.city, s.geo && countryName(s.geo)].filter(Boolean).map(visible).join(", ");
  const network = s.asn ? `AS${s.asn}${s.as_name ? ` ${visible(s.as_name)}` : ""}` : "";
  const body = el("div", { class: "inside" });
  const node = el("details", { on: { toggle: () => {
    if (node.open && !body.firstChild)
      inside(body, s);
    if (node.open !== (view.get().open === id) && (node.open || view.get().open === id))
      view.set({ open: node.open ? id : "" }, { quiet: true });
  } } },
  el("summary", {},
    el("span", { class: `sev s-${s.severity}` }, s.severity),
    el("span", { class: "who" }, el("span", {}, el("code", {}, id), mark && el("span", { class: "mark" }, mark)),
      s.hostname && el("span", { class: "host" }, el("bdi", {}, visible(s.hostname)))),
    el("span", { class: "where" }, el("span", {}, el("bdi", {}, place)), el("span", { class: "net" }, el("bdi", {}, network))),
    el("span", { class: "stack" }, el("bdi", {}, visible(s.stack?.family ?? ""))),
    el("span", { class: "n", title: "Amplification" }, times(s.amplification)),
    el("span", { class: "n size" }, s.links?.length ? plural(s.links.length + (s.links_left_out ?? 0), "resource") : s.response ? "text" : ""),
    el("span", { class: "since" }, since(s.first_seen, s.time).map((part, i) => el("span", {}, i ? ` (${part})` : part)))),
  body);
  if (v.open === id)
    node.open = true;
  return el("li", {}, node);
}

function inside(body, s) {
  const known = since(s.first_seen, s.time);
  const facts = [
    ["Why", s.severity_because],
    ["Stack", s.stack && `${s.stack.family} (${Math.round(100 * s.stack.confidence)}% sure${s.stack.because ? `: ${s.stack.because}` : ""})`],
    ["Tags", s.tags.join(", ")],
    ["Owner", s.owner], ["Sector", s.sector], ["Region", s.region],
    ["Answer", `${s.code ?? "2.05"}${s.response_size ? `, ${plural(s.response_size, "byte")}` : ""}${s.amplification === null ? "" : `, ${times(s.amplification)} the question`}${s.datagrams > 1 ? `, ${plural(s.datagrams, "datagram")}` : ""}`],
    ["Seen", s.time && when(s.time)],
    ["First", s.first_seen && `${when(s.first_seen)}${known.length > 1 ? ` (${known[1]} before)` : ""}`],
    ["Last", s.last_seen && s.last_seen !== s.time && when(s.last_seen)],
    ["From", s.match === "report" ? "an imported report" : null],
  ].filter(([, value]) => value);
  body.append(el("dl", {}, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, el("bdi", {}, visible(value)))))));
  if (s.links?.length)
    body.append(el("h3", {}, "Resources"), resources(s.links));
  if (s.links_left_out)
    body.append(el("p", { class: "note" }, `${plural(s.links_left_out, "more resource")} left out here; the store has them.`));
  if (s.response)
    body.append(el("h3", {}, "What it answered"), el("pre", { tabindex: 0 }, visible(s.response)));
  if (s.response_left_out)
    body.append(el("p", { class: "note" }, `${plural(s.response_left_out, "more byte")} left out here; the store has them.`));
}
