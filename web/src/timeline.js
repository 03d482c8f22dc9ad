// SPDX-License-Identifier: Apache-2.0
// Services a day, stacked by severity or as one total, with a brush that
// chooses the days which the rest of the page is about.
import { axisBottom, axisLeft } from "d3-axis";
import { brushX } from "d3-brush";
import { scaleLinear, scaleUtc } from "d3-scale";
import { select } from "d3-selection";
import { card, choice, el, figures, fill, onWidth } from "./dom.js";
import { severities } from "./severity.js";
import { compact, count, dayOf, shortDay, span } from "./text.js";
import { showTip, steps } from "./tip.js";

const DAY = 86400e3;
const margin = { top: 10, right: 8, bottom: 24, left: 46 };

export function svgIn(box, width, height) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  fill(box, node);
  return select(node).attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height);
}

// The frame of a chart over days: scales, axes, and where a day's bar stands.
export function dayFrame(svg, overview, width, height, [low, high]) {
  const t = overview.days.map(dayOf);
  const x = scaleUtc([t[0], t[t.length - 1] + DAY], [margin.left, width - margin.right]);
  const y = scaleLinear([low, high || 1], [height - margin.bottom, margin.top]).nice(4);
  const slot = x(t[0] + DAY) - x(t[0]);
  const bar = { width: Math.min(64, slot > 5 ? slot * 0.84 : slot + 0.15) };
  bar.left = (i) => x(t[i]) + (slot - bar.width) / 2;
  const ticks = axisBottom(x).tickSizeOuter(0).ticks(Math.max(2, Math.floor(width / 95)));
  if (overview.days.length < 8)
    ticks.tickValues(t).tickFormat((d) => shortDay(new Date(d).toISOString().slice(0, 10)).slice(0, -5));
  const down = svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`);
  down.call(ticks);
  if (overview.days.length < 8)
    down.selectAll(".tick").attr("transform", (d) => `translate(${x(d) + slot / 2},0)`);
  svg.append("g").attr("class", "axis left").attr("transform", `translate(${margin.left},0)`)
    .call(axisLeft(y).ticks(4).tickSize(margin.left + margin.right - width)
      .tickFormat((n) => (n % 1 ? "" : compact(Math.abs(n)))));
  return { t, x, y, bar, slot, at: (px) => nearest(t, x.invert(px).getTime() - DAY / 2) };
}

function nearest(t, when) {
  let best = 0;
  t.forEach((v, i) => { if (Math.abs(v - when) < Math.abs(t[best] - when)) best = i; });
  return best;
}

// One path of all bars of a layer: a year is a handful of nodes.
export const bars = (frame, pairs) => pairs.map(([from, to], i) => {
  const h = frame.y(from) - frame.y(to);
  return h ? `M${frame.bar.left(i).toFixed(1)},${frame.y(from).toFixed(1)}v${(-h).toFixed(1)}h${frame.bar.width.toFixed(2)}v${h.toFixed(1)}z` : "";
}).join("");

function layersOf(overview, kind) {
  if (kind === "total")
    return [["total", overview.series("total", "services")]];
  return [...severities].reverse().map((s) => [s, overview.series("severity", s)]);
}

export function timeline(overview, view) {
  const kinds = choice("What the bars show", [["severity", "By severity"], ["total", "Total"]],
    () => view.get().series, (series) => view.set({ series }));
  const part = card("time", "Over time", "", kinds);
  const box = el("div", { class: "chart" });
  const from = dayInput("From", overview, (day) => view.set({ from: day, to: view.get().to || overview.days[overview.last] }));
  const to = dayInput("to", overview, (day) => view.set({ to: day, from: view.get().from || day }));
  const quick = [["Last day", 1], ["7 days", 7], ["30 days", 30], ["All", Infinity]]
    .filter(([, n]) => n === 1 || n === Infinity || n < overview.days.length)
    .map(([text, n]) => el("button", { type: "button", on: { click: () => choose(overview.last - Math.min(n - 1, overview.last), overview.last) } }, text));
  const key = el("ul", { class: "legend", "aria-label": "Severity" });
  const below = el("div");
  part.body.append(box, key, el("div", { class: "days" }, from.node, to.node, el("span", { class: "choice" }, quick)), below);

  function choose(a, b) {
    const [lo, hi] = a <= b ? [a, b] : [b, a];
    view.set(lo === hi && hi === overview.last ? { from: "", to: "" }
      : { from: overview.days[lo], to: overview.days[hi] });
  }

  function draw(width = box.clientWidth) {
    const layers = layersOf(overview, view.get().series);
    const sums = overview.days.map((_, i) => layers.reduce((s, [, v]) => s + (v[i] ?? 0), 0));
    const height = width < 500 ? 190 : 240;
    const svg = svgIn(box, width, height).attr("class", "timeline");
    const frame = dayFrame(svg, overview, width, height, [0, Math.max(1, ...sums)]);
    const floor = overview.days.map(() => 0);

    for (const [name, values] of layers)
      svg.append("path").attr("class", `s-${name}`).attr("d", bars(frame, values.map((v, i) => {
        const pair = [floor[i], floor[i] + (v ?? 0)];
        floor[i] = pair[1];
        return pair;
      })));
    const lines = (i) => [shortDay(overview.days[i]), `${count(sums[i])} services`,
      ...(layers.length > 1 ? [...layers].reverse().filter(([, v]) => v[i]).map(([n, v]) => `${n}: ${count(v[i])}`) : [])];
    addBrush(svg, frame, width, height, lines);
    fill(key, layers.length > 1 ? severities.map((s) => el("li", {}, el("i", { class: `s-${s}` }), s)) : []);
    fill(below, figures("Services by day", ["Day", "Services", ...severities], overview.days.map((d, i) =>
      [d, count(overview.at("total", "services", i) ?? 0), ...overview.bySeverity().map((v) => count(v[i] ?? 0))]).reverse()));
    update();
  }

  let moveBrush = () => {};
  function addBrush(svg, frame, width, height, lines) {
    const brush = brushX().extent([[margin.left, margin.top], [width - margin.right, height - margin.bottom]])
      .on("end", (event) => {
        if (!event.sourceEvent)
          return;
        if (event.selection)
          choose(frame.at(event.selection[0] + frame.slot / 2), frame.at(event.selection[1] - frame.slot / 2));
        else
          choose(...[0, 0].fill(frame.at(clickAt(event.sourceEvent, svg.node()))));
        update();
      });
    const layer = svg.append("g").attr("class", "brush").call(brush);
    moveBrush = (range) => layer.call(brush.move,
      [frame.x(frame.t[range.first]), frame.x(frame.t[range.last]) + frame.slot]);
    layer.on("pointermove", (event) =>
      showTip(lines(frame.at(clickAt(event, svg.node()))), event.clientX, event.clientY));

    const posts = svg.append("g").attr("class", "posts").selectAll("rect").data(frame.t).join("rect")
      .attr("x", (_, i) => frame.bar.left(i)).attr("width", Math.max(2, frame.bar.width))
      .attr("y", margin.top).attr("height", height - margin.top - margin.bottom).nodes();
    steps(svg.node(), `Services by day, ${span(overview.days[0], overview.days[overview.last])}. Enter chooses a day.`,
      () => posts.map((node, i) => ({ node, lines: lines(i), choose: () => choose(i, i) })), { across: 7 });
  }

  function update() {
    const range = overview.range(view.get());
    moveBrush(range);
    kinds.update();
    from.set(range.from);
    to.set(range.to);
    part.say(range.n === 1 ? `The page shows ${span(range.from, range.to)}. Drag over the bars to choose other days.`
      : `The page shows ${span(range.from, range.to)}: means of ${range.n} days.`);
  }

  onWidth(box, draw);
  view.on((now, before) => (now.series !== before.series ? draw() : update()));
  return part.node;
}

const clickAt = (event, svg) => event.clientX - svg.getBoundingClientRect().left;

function dayInput(label, overview, chosen) {
  const input = el("input", { type: "date", min: overview.days[0], max: overview.days[overview.last],
    on: { change: () => input.value && chosen(input.value) } });
  return { node: el("label", {}, `${label} `, input), set: (day) => { input.value = day; } };
}
