// SPDX-License-Identifier: Apache-2.0
// Data for the page without a store: empty, one day, a year; with what hostile
// devices would call their resources. Numbers are from a fixed seed.
"use strict";

const severities = ["info", "low", "medium", "high", "critical"];
const countries = "CN US RU KR DE BR IN FR GB JP SG HK TW PL IT UA CA VN TH ID MT LU BH MU ZA NG EG MX AR CL AU NZ SE NO FI ES PT RO CZ TR".split(" ");
const stacks = ["libcoap", "QLINK", "Californium", "", "LwM2M", "Efento", "OCF", "Zephyr", "RIOT", "aiocoap"];
const stems = ["Example Telecom", "Sample Mobile", "Demo Broadband", "Test University", "Fictional Cloud"];

// What must be shown as text, and do nothing.
const hostile = {
  script: "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>",
  endScript: "</script><script>window.pwned=1</script><!--",
  rtl: "safe\u202egnp.exe\u2066",
  ansi: "\u001b[31mred\u001b[0m\u0007",
  long: "n".repeat(255),
  bytes: "caf\\xe9 \\x00 \\x5c",
};

function random(seed) {
  let s = seed;
  return () => {
    s = (s * 1664525 + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

const iso = (day) => new Date(day * 86400e3).toISOString().slice(0, 10);

function group(keys, days, share, rnd) {
  const series = keys.map((key, i) => [key, days.map((_, d) =>
    Math.max(0, Math.round(share(i, d) * (0.94 + 0.12 * rnd()))))]);
  return { keys: series, rest: null, left_out: 0 };
}

function overview(n, size, last = 20778) {
  const rnd = random(n * 7 + 1);
  const days = [];
  for (let i = 0; i < n; i++)
    if (n < 30 || i % 97 !== 50) // a scan that did not run
      days.push(iso(last - n + 1 + i));
  const total = (d) => size * (1 + 0.15 * Math.sin(d / 40) + d / days.length / 4);
  const zipf = (i, count) => 1 / (i + 1) ** 1.1 / Array.from({ length: count }, (_, k) => 1 / (k + 1) ** 1.1).reduce((a, b) => a + b);
  const by = (keys) => group(keys, days, (i, d) => total(d) * zipf(i, keys.length), rnd);
  const asns = Array.from({ length: 100 }, (_, i) => `${64496 + i} ${i === 3 ? hostile.script : `${stems[i % 5]} ${i}`}`);
  const tree = [];
  countries.forEach((cc, i) => asns.slice(i % 40, i % 40 + 6).forEach((asn, j) => stacks.slice(0, 4).forEach((st, k) => {
    const value = Math.round(total(days.length) * zipf(i, 40) * zipf(j, 6) * zipf(k, 4));
    if (value)
      tree.push([`${cc}\t${asn}\t${st}`, value]);
  })));
  const change = (share) => days.map((_, d) => (d ? Math.round(total(d) * share * (0.5 + rnd())) : null));
  return {
    schema: "coapscope.overview/1", version: "0.1.0", made: `${iso(last)}T06:30:00.000000Z`, owner: null,
    days, incomplete: [],
    groups: n ? {
      total: { keys: [["services", days.map((_, d) => Math.round(total(d)))], ["addresses", days.map((_, d) => Math.round(total(d) * 0.97))], ["ipv6", days.map((_, d) => Math.round(total(d) * 0.02))]], rest: null, left_out: 0 },
      severity: group(severities, days, (i, d) => total(d) * [0.04, 0.31, 0.42, 0.19, 0.04][i], rnd),
      geo: by([...countries, ""]), asn: { ...by(asns), rest: days.map(() => Math.round(size / 30)), left_out: 412 },
      port: by(["5683", "5684", "61616", "5685"]), stack: by(stacks),
      tag: by(["coap", "iot", "firmware", "qlink", "lwm2m", hostile.endScript, hostile.rtl]),
      code: by(["2.05"]), sector: by(["", "Communications"]),
      amp: group(["0", "50", "100", "200", "500", "1000", "2000", "5000", "10000"], days, (i, d) => total(d) * [0.1, 0.14, 0.17, 0.2, 0.15, 0.11, 0.1, 0.025, 0.005][i], rnd),
      change: { keys: [["new", change(0.04)], ["gone", change(0.035)], ["changed", change(0.01)], ["moved", change(0.004)], ["not_probed", change(0.001)]], rest: null, left_out: 0 },
      source: { keys: [["scan", days.map((_, d) => (d + 1 === days.length ? 7 : 0))], ["sample", days.map((_, d) => Math.round(total(d)))]], rest: null, left_out: 0 },
    } : {},
    tree: n ? { day: days[days.length - 1], rows: tree } : null,
    sources: n ? [JSON.stringify({ sources: [
      { file: "/usr/share/tor/geoip", form: "tor-geoipdb", type: "", built: "2026-06-25T00:00:00.000000Z" },
      { file: "asn.mmdb", form: "MMDB", type: "GeoLite2-ASN", built: "2026-11-03T00:00:00.000000Z" }] })] : [],
  };
}

// Some are new, some are known since long, of some nothing is.
function seen(i) {
  const first = [11, 0, 300, null, 400][i % 5];
  const last = "2026-11-21T04:00:00.000000Z";
  return first === null ? { first_seen: null, last_seen: null }
    : { first_seen: `${iso(20778 - first)}T00:30:00.000000Z`, last_seen: last };
}

function service(i, rnd, tricks) {
  const bad = severities[4 - Math.min(4, Math.floor(i / 8) % 5)];
  const trick = tricks ? Object.values(hostile)[i % 9] : undefined;
  const links = [
    { target: "/.well-known/core", attrs: [["ct", "40"]] },
    { target: "/sensors/temperature", attrs: [["rt", "temperature-c"], ["if", "sensor"], ["obs", null]] },
    { target: "/sensors/humidity", attrs: [["rt", "humidity-p"], ["if", "sensor"], ["sz", "16"]] },
    { target: "/actuators/relay/1", attrs: [["if", "core.a"], ["title", trick ?? "Relay"]] },
    { target: "/fw/update", attrs: [["rt", "firmware"], ["title", trick ?? "Firmware"]] },
  ];
  if (trick)
    links.push({ target: `/${trick}`, attrs: [[trick.slice(0, 40), trick]] });
  return {
    time: `2026-11-21T03:${String(i % 60).padStart(2, "0")}:11.000000Z`,
    ...seen(i),
    ip: i % 19 === 7 ? `2001:db8::${i.toString(16)}` : `198.51.${100 + (i >> 8)}.${i % 256}`, port: i % 31 ? 5683 : 61616,
    hostname: i % 3 ? (trick && i % 2 ? trick : `node${i}.example.net`) : null,
    asn: 64496 + i % 40, as_name: `${stems[i % 5]} ${i % 40}`, geo: countries[i % 40], region: null,
    city: i % 4 ? "Springfield" : null, sector: null, owner: null,
    stack: stacks[i % 10] ? { family: stacks[i % 10], confidence: 0.9, because: "resource names" } : null,
    severity: bad, severity_because: `amplifies x${(rnd() * 30).toFixed(1)}; offers /fw/update, which writes firmware`,
    tags: ["coap", "iot", ...(i % 4 ? [] : ["firmware"])], match: i % 5 ? "full" : "report", code: "2.05",
    response_size: 400 + i, amplification: Math.round(rnd() * 3000) / 100, datagrams: 1 + (i % 13 === 0),
    links: i % 7 === 3 ? null : links, links_left_out: 0,
    response: i % 7 === 3 ? `{"name": "${trick ?? "device"}"}` : null, response_left_out: 0,
  };
}

function services(n, total, day, tricks = true) {
  const rnd = random(99);
  return { schema: "coapscope.services/1", day, total, matching: total, offset: 0,
    services: Array.from({ length: n }, (_, i) => service(i, rnd, tricks)).sort((a, b) =>
      severities.indexOf(b.severity) - severities.indexOf(a.severity)) };
}

const of = {
  empty: () => [overview(0, 0), services(0, 0, null)],
  day: () => [overview(1, 900), services(900, 900, "2026-11-21")],
  guide: () => [overview(365, 480000), services(200, 601234, "2026-11-21", false)],
  year: () => [overview(365, 480000), services(5000, 601234, "2026-11-21")],
};

// As the C side does it: the policy after the charset, the data before the script.
function file(template, policy, [over, list]) {
  const json = (value) => JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return template
    .replace("<!--policy-->", () => `<meta http-equiv="Content-Security-Policy" content="${policy}">`)
    .replace("<!--data-->", () => `<script type="application/json" id="overview-data">${json(over)}</script><script type="application/json" id="services-data">${json(list)}</script>`);
}

module.exports = { of, file, hostile };
