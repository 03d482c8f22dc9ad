// SPDX-License-Identifier: Apache-2.0
// How values are shown: numbers, days, countries, and strangers' bytes.
import countries from "made:countries";
import { visible } from "./visible.js";

const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const fraction = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
const byId = new Map(countries.map(([two, id]) => [id, two]));
const regions = new Intl.DisplayNames("en", { type: "region", fallback: "none" });


export const count = (n) => (n > 0 && n < 10 && n % 1 ? fraction : number).format(n);
export const compact = (n) => (n < 1000 ? count(n) : short.format(n));
export const times = (x) => (x === null || x === undefined ? "" : `\u00d7${Number(x).toFixed(x < 100 ? 1 : 0)}`);
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

export function percent(part, whole) {
  if (!whole)
    return "";
  const share = 100 * part / whole;
  return part === 0 ? "0%" : share < 0.1 ? "<0.1%" : `${share < 10 ? share.toFixed(1) : Math.round(share)}%`;
}

// "+3.2%" against what was before, or "" where that says nothing.
export function growth(now, before) {
  if (!before || now === null)
    return "";
  const by = 100 * (now - before) / before;
  return `${by < 0 ? "\u2212" : "+"}${Math.abs(by).toFixed(Math.abs(by) < 10 ? 1 : 0)}%`;
}

const formats = {
  long: { day: "numeric", month: "long", year: "numeric" },
  short: { day: "numeric", month: "short", year: "numeric" },
  time: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
};
const say = Object.fromEntries(Object.entries(formats).map(([name, f]) =>
  [name, new Intl.DateTimeFormat("en-GB", { ...f, timeZone: "UTC" })]));
export const dayOf = (iso) => Date.parse(`${iso}T00:00:00Z`);
export const longDay = (iso) => say.long.format(dayOf(iso));
export const shortDay = (iso) => say.short.format(dayOf(iso));
export const when = (iso) => `${say.time.format(Date.parse(iso))} UTC`;
export const span = (from, to) => (from === to ? longDay(from) : `${shortDay(from)} to ${shortDay(to)}`);

export function countryName(two) {
  if (!two)
    return "Unknown country";
  return /^[A-Z]{2}$/.test(two) ? regions.of(two) ?? two : visible(two);
}
export const countryOfId = (id) => byId.get(id);

// "64512 NAME" -> ["64512", "NAME"]
export function asnParts(key) {
  const at = key.indexOf(" ");
  return at < 0 ? [key, ""] : [key.slice(0, at), key.slice(at + 1)];
}

// How a key of a group is named to people.
export function keyName(group, key) {
  if (group === "geo")
    return countryName(key);
  if (group === "asn") {
    const [asn, name] = asnParts(key);
    if (!asn || asn === "0")
      return "Unknown network";
    return /^\d+$/.test(asn) ? `AS${asn}${name ? ` ${visible(name)}` : ""}` : visible(key);
  }
  if (group === "amp")
    return ampName(Number(key));
  return key ? visible(key) : { stack: "Not recognised", tag: "No tag" }[group] ?? "Unknown";
}

export const ampFloors = [0, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

export function ampName(floor) {
  const i = ampFloors.indexOf(floor);
  const x = (hundredths) => String(hundredths / 100);
  if (i === 0)
    return "below \u00d70.5";
  return i === ampFloors.length - 1 ? `\u00d7${x(floor)} and more`
    : `\u00d7${x(floor)} to ${x(ampFloors[i + 1])}`;
}
