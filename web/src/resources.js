// SPDX-License-Identifier: Apache-2.0
// A device's list of resources as a tree of its paths, with their attributes.
import { el } from "./dom.js";
import { pathTree } from "./paths.js";
import { visible } from "./visible.js";

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
