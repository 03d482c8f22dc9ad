// SPDX-License-Identifier: Apache-2.0
// New and gone a day: new above the line, gone below it.
import { card, el, figures, onWidth } from "./dom.js";
import { count, shortDay, span } from "./text.js";
import { bars, dayFrame, svgIn } from "./timeline.js";
import { showTip, steps } from "./tip.js";

const kinds = [["new", "new"], ["gone", "gone"], ["changed", "changed"], ["moved", "moved"],
  ["not_probed", "not probed again"]];

export function changes(overview) {
  const part = card("changes", "New and gone", "");
  const got = kinds.map(([key]) => overview.series("change", key));
  const known = overview.days.map((_, i) => got.some((v) => v[i] !== null && v[i] !== undefined)
    && overview.groups.change?.keys.some(([, v]) => v[i] !== null));
  if (!known.some(Boolean)) {
    part.body.append(el("p", { class: "empty" }, "There is no earlier day to compare with yet. After the next day with data, this shows what is new and what is gone."));
    return part.node;
  }

  const box = el("div", { class: "chart" });
  const [fresh, gone] = got;
  const lines = (i) => [shortDay(overview.days[i]),
    ...(known[i] ? kinds.map(([, name], k) => `${name}: ${count(got[k][i] ?? 0)}`) : ["no day before it"])];
  part.say("Against the day with data before it. Gone is said only of what was asked again and was silent.");
  part.body.append(box,
    el("ul", { class: "legend", "aria-label": "Colours" },
      el("li", {}, el("i", { class: "c-new" }), "new"), el("li", {}, el("i", { class: "c-gone" }), "gone")),
    figures("New and gone by day", ["Day", ...kinds.map(([, name]) => name)], overview.days.map((d, i) =>
      [d, ...got.map((v) => (known[i] ? count(v[i] ?? 0) : "-"))]).reverse()));

  onWidth(box, (width) => {
    const height = 200;
    const svg = svgIn(box, width, height).attr("class", "changes");
    const frame = dayFrame(svg, overview, width, height,
      [-Math.max(1, ...gone.map((v) => v ?? 0)), Math.max(1, ...fresh.map((v) => v ?? 0))]);
    svg.append("path").attr("class", "c-new").attr("d", bars(frame, fresh.map((v) => [0, v ?? 0])));
    svg.append("path").attr("class", "c-gone").attr("d", bars(frame, gone.map((v) => [-(v ?? 0), 0])));
    const posts = svg.append("g").attr("class", "posts").selectAll("rect").data(frame.t).join("rect")
      .attr("x", (_, i) => frame.bar.left(i)).attr("width", Math.max(2, frame.bar.width))
      .attr("y", 10).attr("height", height - 34).nodes();
    svg.on("pointermove", (event) => showTip(
      lines(frame.at(event.clientX - svg.node().getBoundingClientRect().left)), event.clientX, event.clientY));
    steps(svg.node(), `New and gone services by day, ${span(overview.days[0], overview.days[overview.last])}.`,
      () => posts.map((node, i) => ({ node, lines: lines(i) })), { across: 7 });
  });
  return part.node;
}
