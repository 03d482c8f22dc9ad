// SPDX-License-Identifier: Apache-2.0
// Elements. Text goes in as text nodes only; nothing here parses HTML.

export function el(name, props = {}, ...kids) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (key === "on")
      for (const [event, listener] of Object.entries(value))
        node.addEventListener(event, listener);
    else if (value === true)
      node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined)
      node.setAttribute(key, value);
  }
  node.append(...kids.flat().filter((k) => k !== null && k !== undefined && k !== false));
  return node;
}

export function fill(node, ...kids) {
  node.replaceChildren(...kids.flat().filter((k) => k !== null && k !== undefined && k !== false));
  return node;
}

// A titled part of the page; `tools` stand beside the title.
export function card(id, title, note, ...tools) {
  const body = el("div", { class: "body" });
  const said = el("p", { class: "note" }, note ?? "");
  const node = el("section", { id, class: "card", "aria-labelledby": `${id}-title`, tabindex: -1 },
    el("div", { class: "head" },
      el("h2", { id: `${id}-title` }, title), el("div", { class: "tools" }, tools)),
    said, body);
  return { node, body, say: (text) => { said.textContent = text; } };
}

// Two or more buttons of which one is pressed.
export function choice(label, options, get, set) {
  const buttons = options.map(([value, text]) => el("button",
    { type: "button", on: { click: () => set(value) } }, text));
  const node = el("div", { class: "choice", role: "group", "aria-label": label }, buttons);
  node.update = () => buttons.forEach((b, i) =>
    b.setAttribute("aria-pressed", String(options[i][0] === get())));
  return node;
}

// The figures of a chart for those who cannot see it, or want to copy them.
export function figures(caption, heads, rows) {
  return el("details", { class: "figures" }, el("summary", {}, "Figures"),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
      table(caption, heads, rows)));
}

export function table(caption, heads, rows) {
  return el("table", {},
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {}, heads.map((h, i) =>
      el("th", { scope: "col", class: i ? "n" : null }, h)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell, i) =>
      i ? el("td", { class: "n" }, cell) : el("th", { scope: "row" }, cell))))));
}

const NARROW = 120; /* px; less has no room for axes, and is only seen while a page is laid out */

// Draws again whenever the width of the node changes.
export function onWidth(node, draw) {
  let last = 0;
  new ResizeObserver(() => {
    const width = Math.floor(node.clientWidth);
    if (width > NARROW && width !== last) {
      last = width;
      draw(width);
    }
  }).observe(node);
}
