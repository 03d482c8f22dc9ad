// SPDX-License-Identifier: Apache-2.0
// A device's list of resources as a tree of its paths, with their attributes.
import { el } from "./dom.js";
import { pathTree } from "./paths.js";
import { visible } from "./visible.js";

function attribute([name, value]) {
  return el("span", { class: "attr" }, el("b", {}, visible(name)),
    value === null ? "" : "=", value === null ? "" : el("bdi", {}, visible(value)));
}

// A way of single steps that are not listed themselves is one line.
function joined(node) {
  if (node.links.length || node.kids.size !== 1)
    return node;
  const [kid] = node.kids.values();
  return joined({ ...kid, name: node.name + kid.name });
}

function branch(from) {
  const node = joined(from);
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
