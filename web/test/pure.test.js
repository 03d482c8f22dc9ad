// SPDX-License-Identifier: Apache-2.0
// What can be tested without a browser: the modules that touch no document.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressKey, choose } from "../src/list.js";
import { pathTree } from "../src/paths.js";
import { floorsFor, stepOf } from "../src/shades.js";
import { since } from "../src/since.js";
import { visible } from "../src/visible.js";

test("what hides, reorders or moves text is shown by its number", () => {
  assert.equal(visible("a\u202eb\u0000\u001b[2J\ufeff"), "a\\u{202e}b\\u{0}\\u{1b}[2J\\u{feff}");
  assert.equal(visible("caf\u00e9 \u05d0 \u{1f600}"), "caf\u00e9 \u05d0 \u{1f600}");
  assert.equal(visible(null), "");
});

test("addresses sort as numbers, IPv6 after IPv4", () => {
  const ips = ["2001:db8::10", "10.0.0.2", "2001:db8::9", "9.255.0.1", "::1", "10.0.0.10"];
  ips.sort((a, b) => (addressKey(a) < addressKey(b) ? -1 : 1));
  assert.deepEqual(ips, ["9.255.0.1", "10.0.0.2", "10.0.0.10", "::1", "2001:db8::9", "2001:db8::10"]);
});

test("paths become a tree, whole URIs stay whole", () => {
  const links = ["/a/b", "/a", "/a/c/d", "coap://[2001:db8::1]/x/y", "", "/", "rel/x"].map((target) => ({ target, attrs: [] }));
  const show = (node) => [...node.kids.values()].map((k) => `${k.name}${k.links.length ? "*" : ""}${k.kids.size ? `(${show(k)})` : ""}`).join(" ");
  assert.equal(show(pathTree(links)), "/a*(/b* /c(/d*)) coap://[2001:db8::1]/x/y* (empty)* /* rel(/x*)");
});

test("a deep path does not overflow", () => {
  assert.equal(pathTree([{ target: "/x".repeat(5000), attrs: [] }]).kids.size, 1);
});

test("map steps ascend, begin with the least and hold the most", () => {
  for (const scale of ["log", "linear"])
    for (const [min, max] of [[1, 1], [1, 2], [3, 7], [1, 166080], [2000, 166080], [999, 1000]]) {
      const floors = floorsFor(min, max, scale);
      assert.ok(floors.length >= 1 && floors.length <= 6, `${floors}`);
      assert.ok(floors.every((f, i) => !i || f > floors[i - 1]), `${scale} ${min} ${max}: ${floors}`);
      assert.equal(stepOf(max, floors), 6);
      assert.equal(stepOf(0, floors), 0);
    }
});

test("every filter must hold, and a word is found anywhere", () => {
  const one = { ip: "192.0.2.1", port: 5683, hostname: "A.example", asn: 64512, geo: "DE", severity: "high",
    stack: { family: "libcoap" }, tags: ["coap", "iot"], links: [{ target: "/Temp", attrs: [["rt", "Oven"], ["obs", null]] }] };
  const other = { ...one, ip: "192.0.2.2", geo: "FR", stack: null, links: null, response: "Hello", hay: undefined };
  const found = (view) => choose([one, other], { q: "", sort: "", ...view }).map((s) => s.ip.slice(-1)).join("");
  assert.equal(found({}), "12");
  assert.equal(found({ geo: "DE", tag: "iot", asn: "64512", port: "5683" }), "1");
  assert.equal(found({ geo: "DE", stack: "q" }), "");
  assert.equal(found({ q: "oven" }), "1");
  assert.equal(found({ q: " HELLO " }), "2");
});

test("since when is a day, its year where it is another, and how long that is", () => {
  const at = "2026-11-23T00:00:01.000000Z";
  assert.deepEqual(since("2026-11-12T23:59:59.000000Z", at), ["since 12 Nov", "11 days"]);
  assert.deepEqual(since("2026-11-22T23:59:59.000000Z", at), ["since 22 Nov", "1 day"]);
  assert.deepEqual(since("2025-11-23T00:00:01.000000Z", at), ["since 23 Nov 2025", "365 days"]);
  assert.deepEqual(since(at, at), ["since 23 Nov"]);
  assert.deepEqual(since(null, at), []);
});
