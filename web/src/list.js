// SPDX-License-Identifier: Apache-2.0
// The list that is in a file: searched, filtered and sorted here, as the
// server does it for the page that it serves.
import { severities } from "./severity.js";

const rank = new Map(severities.map((s, i) => [s, i]));
const fold = (text) => String(text ?? "").replace(/[A-Z]+/g, (s) => s.toLowerCase());

// Numbers in addresses are compared as numbers; IPv6 comes after IPv4.
export function addressKey(ip) {
  if (!ip.includes(":"))
    return ip.split(".").map((n) => n.padStart(3, "0")).join(".");
  const [head, tail = ""] = ip.split("::");
  const groups = (s) => (s ? s.split(":") : []);
  const gap = 8 - groups(head).length - groups(tail).length;
  const all = ip.includes("::") ? [...groups(head), ...Array(Math.max(0, gap)).fill("0"), ...groups(tail)] : groups(ip);
  return `x${all.map((g) => g.padStart(4, "0")).join(":")}`;
}

function haystack(s) {
  s.hay ??= fold([s.ip, s.hostname, s.as_name, s.city, s.response,
    ...(s.links ?? []).flatMap((l) => [l.target, ...l.attrs.flat()])].join("\n"));
  return s.hay;
}

const holds = {
  severity: (s, v) => s.severity === v,
  geo: (s, v) => s.geo === v,
  asn: (s, v) => String(s.asn ?? "") === v,
  port: (s, v) => String(s.port) === v,
  stack: (s, v) => (s.stack?.family ?? "") === v,
  tag: (s, v) => s.tags.includes(v),
};

export const sorts = {
  "": ["Worst first", null],
  "-amplification": ["Amplification", (a, b) => (b.amplification ?? -1) - (a.amplification ?? -1)],
  severity: ["Severity", (a, b) => rank.get(a.severity) - rank.get(b.severity)],
  ip: ["Address", (a, b) => (addressKey(a.ip) < addressKey(b.ip) ? -1 : 1)],
  "-time": ["Newest", (a, b) => (a.time < b.time ? 1 : -1)],
};

export function choose(services, view) {
  const wanted = Object.keys(holds).filter((name) => view[name]);
  const words = fold(view.q).trim();
  const found = services.filter((s) => wanted.every((name) => holds[name](s, view[name])) &&
    (!words || haystack(s).includes(words)));
  const by = sorts[view.sort]?.[1];
  return by ? [...found].sort(by) : found;
}
