// SPDX-License-Identifier: Apache-2.0
// The foot: when the page was made, and where the data is from.
import { el, fill } from "./dom.js";
import { longDay, when } from "./text.js";
import { visible } from "./visible.js";

// Licences of well-known data ask to be named where the data is shown.
const thanks = [
  [/geolite2|maxmind/i, "This page includes GeoLite2 data created by MaxMind, https://www.maxmind.com"],
  [/ip-location-db|asn-country/i, "Address data by ip-location-db (https://github.com/sapics/ip-location-db), RouteViews and DB-IP, CC BY 4.0"],
  [/dbip|db-ip/i, "IP geolocation by DB-IP, https://db-ip.com, CC BY 4.0"],
  [/ipinfo/i, "IP address data powered by IPinfo, https://ipinfo.io, CC BY-SA 4.0"],
  [/tor-geoipdb|\/tor\/geoip/i, "Country data of Debian's tor-geoipdb, by the IPFire project, https://location.ipfire.org, CC BY-SA 4.0"],
];

const unescape = (text) => text.replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));

function sourcesOf(text) {
  try {
    const about = JSON.parse(unescape(text));
    return Array.isArray(about.sources) ? about.sources : [about];
  } catch {
    return [];
  }
}

function oneSource(source) {
  const name = source.type || source.form || "source";
  const file = String(source.file ?? "").split("/").pop();
  const built = /^\d{4}-\d\d-\d\d/.exec(String(source.built ?? source.date ?? ""))?.[0];
  return el("li", {}, visible(name), file && file !== name ? ` (${visible(file)})` : "", built ? `, of ${longDay(built)}` : "");
}

export function foot(overview) {
  const seen = new Map(overview.sources.flatMap(sourcesOf).map((s) => [JSON.stringify(s), s]));
  const text = [...seen.keys()].join("\n");
  fill(document.getElementById("foot"),
    seen.size ? el("div", {}, el("h2", {}, "Where places and names are from"),
      el("ul", {}, [...seen.values()].map(oneSource)),
      thanks.filter(([word]) => word.test(text)).map(([, line]) => el("p", {}, line))) : null,
    el("p", {}, `Made by coapscope ${visible(overview.version ?? "")} on ${when(overview.made)}. Days are UTC. Borders: Natural Earth.`),
    el("p", {}, "Addresses are personal data in many countries: share this page with those who need it."));
}
