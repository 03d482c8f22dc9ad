// SPDX-License-Identifier: Apache-2.0
// Paths of links as a tree.

const DEEP = 24; /* segments; what is deeper stays in one piece */
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
  const parts = target.split(/(?<=.)(?=\/)/);
  return parts.length > DEEP ? [...parts.slice(0, DEEP - 1), parts.slice(DEEP - 1).join("")] : parts;
}
