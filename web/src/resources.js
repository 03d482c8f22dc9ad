// SPDX-License-Identifier: Apache-2.0
// A device's list of resources as a tree of its paths, with their attributes.
import { el } from "./dom.js";
import { visible } from "./text.js";

const schemes = /^[a-z][a-z0-9+.-]*:\/\//i;

// Links in the device's order to nested { name, link, kids }.
export function pathTree(links) {
  const root = { name: "", links: [], kids: new Map() };
  for (const link of links) {
    let node = root;
    for (const part of partsOf(link.target)) {
      if (!node.kids.has(part))
        node.kids.set(part, { name: part, links: [], kids: new Map() });
      node = node.kids.get(part);
    }
    node.links.push(link);
  }
  return root;
}

// Only a path is taken apart; a whole URI stays in one piece.
function partsOf(target) {
  if (schemes.test(target) || target === "/" || target === "")
    return [target || "(empty)"];
  return target.split(/(?<=.)(?=\/)/);
}

function attribute([name, value]) {
  return el("span", { class: "attr" }, el("b", {}, visible(name)),
    value === null ? "" : "=", value === null ? "" : el("bdi", {}, visible(value)));
}

function branch(node) {
  const kids = [...node.kids.values()];
  return el("li", {},
    el("code", {}, el("bdi", {}, visible(node.name))),
    node.links.length ? "" : el("span", { class: "attr none" }, "not listed itself"),
    node.links.flatMap((l) => l.attrs).map(attribute),
    kids.length ? el("ul", {}, kids.map(branch)) : null);
}

export function resources(links) {
  return el("ul", { class: "paths" }, [...pathTree(links).kids.values()].map(branch));
}
