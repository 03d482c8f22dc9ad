// SPDX-License-Identifier: Apache-2.0
// What a shape says, for the pointer and for the keyboard alike. A chart is one
// stop of the tab key; arrow keys step through its marks, Enter chooses.
import { el, fill } from "./dom.js";

const box = () => document.getElementById("tip");

export function showTip(lines, x, y) {
  const tip = box();
  fill(tip, lines.map((line, i) => el("div", { class: i ? "more" : "first" }, line)));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.max(4, Math.min(x + 12, document.documentElement.clientWidth - width - 4));
  const top = y + 14 + height > innerHeight ? y - height - 10 : y + 14;
  tip.style.left = `${left}px`;
  tip.style.top = `${Math.max(4, top)}px`;
}

export function hideTip() {
  box().hidden = true;
}

/*
 * marks: () => [{ node, lines, choose }]. The current mark carries the class
 * "on". `across` is how many marks the up and down keys step over.
 */
export function steps(svg, label, marks, { across = 1 } = {}) {
  let at = -1;
  const clear = () => svg.querySelectorAll(".on").forEach((n) => n.classList.remove("on"));
  const show = (i) => {
    const all = marks();
    if (!all.length)
      return;
    at = Math.max(0, Math.min(all.length - 1, i));
    clear();
    all[at].node.classList.add("on");
    const r = all[at].node.getBoundingClientRect();
    showTip(all[at].lines, r.left + r.width / 2, r.top + Math.min(r.height / 2, 40));
  };
  const moves = {
    ArrowRight: () => show(at + 1), ArrowLeft: () => show(at - 1),
    ArrowDown: () => show(at + across), ArrowUp: () => show(at - across),
    Home: () => show(0), End: () => show(marks().length - 1),
    Enter: () => marks()[at]?.choose?.(), " ": () => marks()[at]?.choose?.(),
    Escape: () => hideTip(),
  };
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "application");
  svg.setAttribute("aria-label", `${label} Arrow keys step through it.`);
  svg.addEventListener("keydown", (event) => {
    if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey)
      return;
    event.preventDefault();
    moves[event.key](event);
  });
  svg.addEventListener("blur", () => { clear(); hideTip(); });
  svg.addEventListener("pointerleave", () => { clear(); hideTip(); });
}

// The pointer's half: `lines` are those of the mark below it.
export function hover(node, lines) {
  node.addEventListener("pointermove", (event) => showTip(lines, event.clientX, event.clientY));
  node.addEventListener("pointerleave", hideTip);
}
