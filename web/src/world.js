// SPDX-License-Identifier: Apache-2.0
// The world map: services by country, in six steps of one colour. Countries
// that the small map lacks are circles.
import { geoEqualEarth, geoPath } from "d3-geo";
import { select } from "d3-selection";
import { feature } from "topojson-client";
import world from "world-atlas/countries-110m.json";
import places from "made:places";
import { card, choice, figures, fill, el, onWidth } from "./dom.js";
import { floorsFor, stepOf } from "./shades.js";
import { compact, count, countryName, countryOfId, percent, plural } from "./text.js";
import { hover, steps } from "./tip.js";

const ANTARCTICA = "010";
const unnumbered = { Kosovo: "XK" };
const shapes = feature(world, world.objects.countries).features
  .filter((f) => f.id !== ANTARCTICA)
  .map((f) => ({ ...f, two: countryOfId(f.id) ?? unnumbered[f.properties.name] }));
const dots = places.map(([id, at]) => ({ two: countryOfId(id), at })).filter((d) => d.two);

function legend(floors, scale) {
  return el("ul", { class: "legend", "aria-label": `Colours, ${scale} steps` },
    floors.map((f, i) => el("li", {}, el("i", { class: `m${stepOf(f, floors)}` }),
      i + 1 < floors.length ? `${compact(f)}\u2013` : `${compact(f)}+`)));
}

export function worldMap(overview, view) {
  const toggle = choice("Scale of the map", [["log", "Logarithmic"], ["linear", "Linear"]],
    () => view.get().scale, (scale) => view.set({ scale }));
  const part = card("map", "Where they are", "", toggle);
  const box = el("div", { class: "chart" });
  const below = el("div");
  part.body.append(box, below);

  function draw(width = box.clientWidth) {
    const { scale } = view.get();
    const { rows } = overview.means("geo", overview.range(view.get()));
    const by = new Map(rows);
    const all = rows.reduce((sum, [, n]) => sum + n, 0);
    const known = rows.filter(([two]) => two);
    const floors = floorsFor(Math.max(1, known[known.length - 1]?.[1] ?? 1), known[0]?.[1] ?? 1, scale);
    const height = Math.round(width * 0.485);
    const projection = geoEqualEarth().rotate([-11, 0]).fitExtent([[2, 2], [width - 2, height - 2]],
      { type: "FeatureCollection", features: shapes });
    const path = geoPath(projection).digits(1);
    const svg = select(fill(box, document.createElementNS("http://www.w3.org/2000/svg", "svg")).firstChild)
      .attr("viewBox", `0 0 ${width} ${height}`).attr("class", "world");
    const marks = new Map();
    const mark = (node, two) => {
      const n = by.get(two) ?? 0;
      const lines = [two ? countryName(two) : "Unnumbered territory",
        n ? `${plural(n, "service")} (${percent(n, all)})` : "no services seen"];
      node.setAttribute("class", `m${stepOf(n, floors)}`);
      hover(node, lines);
      const choose = () => n && view.set({ geo: two, page: "1" });
      node.addEventListener("click", choose);
      if (n)
        marks.set(two, { node, lines, choose });
    };

    svg.append("g").attr("class", "land").selectAll("path").data(shapes).join("path")
      .attr("d", path).each(function (f) { mark(this, f.two); });
    const most = Math.sqrt(known[0]?.[1] ?? 1);
    svg.append("g").attr("class", "dots").selectAll("circle")
      .data(dots.filter((d) => by.get(d.two) > 0)).join("circle")
      .attr("cx", (d) => projection(d.at)[0]).attr("cy", (d) => projection(d.at)[1])
      .attr("r", (d) => 2.5 + 5 * Math.sqrt(by.get(d.two)) / most)
      .each(function (d) { mark(this, d.two); });

    const ranked = known.filter(([two]) => marks.has(two));
    steps(svg.node(), `World map: ${plural(known.length, "country", "countries")} with services, most first.`,
      () => ranked.map(([two]) => marks.get(two)), { across: 10 });
    const off = known.filter(([two]) => !marks.has(two)).reduce((sum, [, n]) => sum + n, 0);
    const nowhere = by.get("") ?? 0;
    part.say([known.length ? plural(known.length, "country", "countries") : "No country is known yet",
      nowhere && `${plural(nowhere, "service")} without a known country`,
      off && `${count(off)} in places not drawn`].filter(Boolean).join("; ") + ".");
    fill(below, known.length ? legend(floors, scale) : null,
      figures("Services by country", ["Country", "Services", "Share"],
        rows.map(([two, n]) => [countryName(two), count(n), percent(n, all)])));
    toggle.update();
  }

  onWidth(box, draw);
  view.on((now, before) => {
    if (["from", "to", "scale"].some((k) => now[k] !== before[k]))
      draw();
  });
  return part.node;
}
