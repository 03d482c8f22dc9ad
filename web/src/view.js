// SPDX-License-Identifier: Apache-2.0
// What is looked at, in the address bar: #from=...&to=...&geo=DE. Only what is
// not the default stands there, so that a link says what is special about it.

const defaults = {
  from: "", to: "", series: "severity", scale: "log", tree: "",
  q: "", severity: "", geo: "", asn: "", port: "", stack: "", tag: "",
  sort: "", page: "1", open: "",
};
export const filters = ["severity", "geo", "asn", "port", "stack", "tag"];

function parse(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const view = { ...defaults };
  for (const name of Object.keys(defaults))
    if (given.has(name))
      view[name] = given.get(name);
  return view;
}

function format(view) {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(view))
    if (value !== defaults[name])
      out.set(name, value);
  return String(out);
}

export function openView() {
  const listeners = [];
  let now = parse(location.hash);

  const tell = (before) => listeners.forEach((l) => l(now, before));
  const arrived = () => {
    const next = parse(location.hash);
    if (format(next) === format(now))
      return;
    const before = now;
    now = next;
    tell(before);
  };
  addEventListener("hashchange", arrived);
  addEventListener("popstate", arrived);

  return {
    get: () => now,
    // `quiet` leaves no step behind to go back to.
    set(change, { quiet = false } = {}) {
      const before = now;
      now = { ...now, ...change };
      const hash = format(now);
      if (hash === format(before))
        return;
      const url = hash ? `#${hash}` : location.pathname + location.search;
      history[quiet ? "replaceState" : "pushState"](null, "", url);
      tell(before);
    },
    on: (listener) => listeners.push(listener),
  };
}
