// SPDX-License-Identifier: Apache-2.0
// The tree map: country > network > stack. A click goes one level down, the
// path above it goes back up; two levels are drawn at a time.
import { hierarchy, treemap } from "d3-hierarchy";
import { card, el, figures, fill, onWidth } from "./dom.js";
import { asnParts, compact, count, keyName, longDay, percent, plural } from "./text.js";
import { hover, steps } from "./tip.js";
import { svgIn } from "./timeline.js";
import { visible } from "./visible.js";

const levels = ["geo", "asn", "stack"];
const pen = document.createElement("canvas").getContext("2d");
const MOST = 60; /* cells of a level; the rest is one cell */

// Nested maps of the rows "CC TAB ASN NAME TAB stack".
export function grow(rows) {
  const root = { key: null, level: -1, n: 0, kids: new Map() };
  for (const [path, n] of rows) {
    let node = root;
    node.n += n;
    path.split("\t").slice(0, levels.length).forEach((key, level) => {
      if (!node.kids.has(key))
        node.kids.set(key, { key, level, n: 0, kids: new Map() });
      node = node.kids.get(key);
      node.n += n;
    });
  }
  return root;
}

export function descend(root, path) {
  const way = [root];
  for (const key of path ? path.split("\t").slice(0, 2) : []) {
    const next = way[way.length - 1].kids.get(key);
    if (!next)
      break;
    way.push(next);
  }
  return way;
}

const nameOf = (node) => (node.more ? `${plural(node.more, "other")}` : keyName(levels[node.level], node.key));

// In a small cell the name of a network says more than its number.
const shortName = (node) => (levels[node.level] === "asn" && !node.more && visible(asnParts(node.key)[1])) || nameOf(node);

function largest(node) {
  const all = [...node.kids.values()].sort((a, b) => b.n - a.n);
  const rest = all.slice(MOST);
  return rest.length ? [...all.slice(0, MOST),
    { key: "", level: node.level + 1, n: rest.reduce((s, k) => s + k.n, 0), more: rest.length, kids: new Map() }] : all;
}

function layout(node, width, height) {
  const root = hierarchy(node, (d) => (d.level < node.level + 2 ? largest(d) : null));
  root.eachAfter((d) => { d.value = d.data.n; });
  return treemap().size([width, height]).round(true).paddingOuter(1).paddingInner(1)
    .paddingTop((d) => (d.depth === 1 && d.children && d.x1 - d.x0 > 40 ? 18 : 1))(root);
}

// As much of @text as @px has room for.
function fit(text, px, bold) {
  pen.font = `${bold ? 640 : 400} 12px ${getComputedStyle(document.body).fontFamily}`;
  if (pen.measureText(text).width <= px - 10)
    return text;
  let n = Math.min(text.length, Math.floor(px / 4));
  while (n > 0 && pen.measureText(`${text.slice(0, n)}\u2026`).width > px - 10)
    n--;
  return n < 3 ? "" : `${text.slice(0, n)}\u2026`;
}

export function treeMap(data, view) {
  const { overview } = data;
  const part = card("tree", "Country, network, stack", "");
  const crumbs = el("nav", { class: "crumbs", "aria-label": "Where in the tree map" });
  const box = el("div", { class: "chart" });
  const below = el("div");
  part.body.append(crumbs, box, below);
  let tree = overview.tree;
  let root = grow(tree?.rows ?? []);

  function draw(width = box.clientWidth) {
    const way = descend(root, view.get().tree);
    const top = way[way.length - 1];
    const height = width < 500 ? 380 : 420;
    const svg = svgIn(box, width, height).attr("class", "tree");
    const all = layout(top, width, height);
    const cells = all.children ?? [];
    const shade = (cell) => (cell.data.more ? "rest"
      : 1 + Math.min(4, Math.floor(5 * (1 - Math.sqrt(cell.value / cells[0].value)))));
    const marks = cells.map((cell) => drawCell(svg, cell, `t${shade(cell)}`, top, way));
    steps(svg.node(), `Tree map of ${plural(cells.length, "part")} of ${top.key === null ? "all services" : nameOf(top)}. Enter goes into one.`, () => marks);
    fill(crumbs, way.map((node, i) => el("button", {
      type: "button", "aria-current": i + 1 === way.length ? "true" : null,
      on: { click: () => view.set({ tree: way.slice(1, i + 1).map((w) => w.key).join("\t") }) },
    }, node.key === null ? "All" : nameOf(node))));
    fill(below, figures("The tree map's parts", [["Country", "Network", "Stack"][way.length - 1], "Services", "Share"],
      cells.map((c) => [nameOf(c.data), count(c.value), percent(c.value, top.n)])));
    part.say(tree ? `${longDay(tree.day)}: ${plural(root.n, "service")}. The area is how many there are.${tree.rest ? ` ${plural(tree.rest, "service")} in the smallest parts left out.` : ""}` : "");
  }

  function drawCell(svg, cell, shade, top, way) {
    const g = svg.append("g").attr("class", `cell ${shade}`);
    const [w, h] = [cell.x1 - cell.x0, cell.y1 - cell.y0];
    const name = nameOf(cell.data);
    const lines = [name, `${plural(cell.value, "service")} (${percent(cell.value, top.n)})`];
    const path = [...way.slice(1), cell.data].map((d) => d.key).join("\t");
    const choose = () => (cell.data.kids.size ? view.set({ tree: path }) : filter(way, cell.data));

    g.append("rect").attr("class", "outer").attr("x", cell.x0).attr("y", cell.y0).attr("width", w).attr("height", h);
    for (const kid of cell.children ?? [])
      if (kid.x1 - kid.x0 > 0 && kid.y1 - kid.y0 > 0)
        drawKid(g, kid, lines);
    if (w > 40 && h > 18)
      g.append("text").attr("class", "name").attr("x", cell.x0 + 5).attr("y", cell.y0 + 14)
        .text(fit(w > 150 ? `${name}  ${compact(cell.value)}` : name, w, true));
    hover(g.node(), lines);
    g.on("click", choose);
    return { node: g.node(), lines, choose };
  }

  function drawKid(g, kid, lines) {
    const rect = g.append("rect").attr("class", "inner").attr("x", kid.x0).attr("y", kid.y0)
      .attr("width", kid.x1 - kid.x0).attr("height", kid.y1 - kid.y0);
    if (kid.x1 - kid.x0 > 56 && kid.y1 - kid.y0 > 18)
      g.append("text").attr("x", kid.x0 + 5).attr("y", kid.y0 + 14).text(fit(shortName(kid.data), kid.x1 - kid.x0, false));
    rect.on("pointermove", null);
    hover(rect.node(), [...lines, `${nameOf(kid.data)}: ${count(kid.value)}`]);
  }

  // At the bottom a click shows the services themselves.
  function filter(way, leaf) {
    if (leaf.more)
      return;
    const keys = [...way.slice(1), leaf].map((n) => n.key);
    view.set({ geo: keys[0] ?? "", asn: keys[1] ? asnParts(keys[1])[0] : "", stack: keys[2] ?? "", page: "1" });
  }

  if (!root.n) {
    fill(part.body, el("p", { class: "empty" }, "Nothing to draw on this day."));
    return part.node;
  }
  onWidth(box, draw);
  view.on(async (now, before) => {
    const day = overview.range(now).to;
    if (data.live && day !== tree.day) {
      tree = await data.tree(day);
      root = grow(tree.rows);
      draw();
    } else if (now.tree !== before.tree) {
      draw();
    }
  });
  return part.node;
}
