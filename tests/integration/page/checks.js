// SPDX-License-Identifier: Apache-2.0
// What the page must do, in a browser without a network. Each check is a
// function here; `node checks.js DIR` runs them all on the pages of sample.js
// and on DIR/*.html, and prints {name: null or what went wrong}.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const axe = require("axe-core");
const { open, look } = require("./browser.js");
const { file, hostile, of } = require("./sample.js");
const { served } = require("./served.js");

const dist = path.join(__dirname, "../../../web/dist");
const dir = process.argv[2];
const shots = process.env.COAPSCOPE_SCREENSHOTS ?? path.join(dir ?? ".", "screenshots");
const images = process.env.COAPSCOPE_GUIDE_IMAGES;
const url = (name) => `file://${path.join(path.resolve(dir), `${name}.html`)}`;
const kinds = {
  light: {},
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 360, height: 740 } },
};

const checks = {};
const each = (names, name, check) => names.forEach((n) => {
  checks[name.replace("*", n)] = (browser) => check(browser, n);
});
const all = ["empty", "day", "year", ...fs.existsSync(dir ?? "") ? fs.readdirSync(dir)
  .filter((f) => f.startsWith("store") && f.endsWith(".html")).map((f) => f.slice(0, -5)) : []];

async function with_(browser, name, options, run, hash = "") {
  const { page, said, context } = await look(browser, url(name) + hash, options);
  await run(page);
  assert.deepEqual(said, []);
  await context.close();
}

const hash = (page) => page.evaluate(() => location.hash);
const text = (page, selector) => page.locator(selector).first().innerText();
const settle = (page) => page.waitForTimeout(200);

each(all, "*: opens without a word of complaint, in light, dark and on a phone", async (browser, name) => {
  for (const [kind, options] of Object.entries(kinds))
    await with_(browser, name, options, async (page) => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= (options.viewport?.width ?? 1280), `${kind}: ${width} px wide`);
      fs.mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: path.join(shots, `${name}-${kind}.png`), fullPage: true });
    });
});

each(["empty", "day", "year"], "*: axe finds nothing, in light and dark", async (browser, name) => {
  for (const kind of ["light", "dark"])
    await with_(browser, name, kinds[kind], async (page) => {
      if (name !== "empty")
        await page.locator(".rows summary").nth(1).click();
      await page.evaluate(axe.source);
      const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes[0].target} ${v.nodes[0].failureSummary}`), []);
    });
});

checks["a year opens quickly"] = async (browser) => {
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  await page.goto(url("year"));
  await page.waitForSelector(".rows summary");
  const ms = await page.evaluate(() => performance.getEntriesByType("navigation")[0].domComplete);
  console.error(`year: complete after ${Math.round(ms)} ms`);
  assert.ok(ms < (process.env.COAPSCOPE_SLOW ? 10000 : 4000), `${ms} ms`); // the figure itself is a benchmark's
  await context.close();
};

checks["the map has shapes, steps and circles for small states"] = (browser) =>
  with_(browser, "year", {}, async (page) => {
    assert.ok(await page.locator(".world path").count() > 150);
    assert.ok(await page.locator(".world path.m6").count() >= 1);
    assert.ok(await page.locator(".world circle").count() >= 3);
    await page.getByRole("button", { name: "Linear" }).click();
    assert.match(await hash(page), /scale=linear/);
    await page.locator(".world path.m6").first().click();
    assert.match(await hash(page), /geo=/);
  });

checks["the brush chooses days, and the address brings them back"] = (browser) =>
  with_(browser, "year", {}, async (page) => {
    const box = await page.locator(".timeline .overlay").boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 5 });
    await page.mouse.up();
    await settle(page);
    assert.match(await hash(page), /^#from=2026-0\d-\d\d&to=2026-0\d-\d\d$/);
    assert.match(await text(page, "#time .note"), /means of 7\d days/);
    const lead = await text(page, ".lead");
    const services = await text(page, ".figure .value");
    const again = await look(browser, url("year") + await hash(page));
    assert.equal(await text(again.page, ".lead"), lead);
    assert.equal(await text(again.page, ".figure .value"), services);
    await again.context.close();
    await page.goBack();
    await settle(page);
    assert.equal(await text(page, ".lead"), "21 November 2026");
    assert.equal(await page.locator(".timeline .selection").count(), 1);
  });

checks["one click on the bars is one day, and the buttons are ranges"] = (browser) =>
  with_(browser, "year", {}, async (page) => {
    const box = await page.locator(".timeline .overlay").boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + 80);
    await settle(page);
    assert.match(await hash(page), /^#from=(2026-\d\d-\d\d)&to=\1$/);
    await page.getByRole("button", { name: "30 days" }).click();
    assert.match(await text(page, ".lead"), /means of 30 days/);
    await page.getByRole("button", { name: "Last day" }).click();
    assert.equal(await hash(page), "");
  });

checks["a view in the address is drawn as it says"] = (browser) =>
  with_(browser, "year", {}, async (page) => {
    assert.equal(await page.locator("[aria-pressed=true]", { hasText: "Linear" }).count(), 1);
    assert.equal(await page.locator("[aria-pressed=true]", { hasText: "Total" }).count(), 1);
    assert.equal(await page.locator("#search").inputValue(), "humidity");
    assert.match(await text(page, ".chips"), /Germany/);
    assert.match(await text(page, ".crumbs"), /China/);
    assert.ok(await page.locator(".rows summary").count() > 0);
  }, "#scale=linear&series=total&q=humidity&geo=DE&tree=CN");

checks["search and filters narrow the list, and say how far"] = (browser) =>
  with_(browser, "year", {}, async (page) => {
    assert.match(await text(page, "#services .note"), /worst 5,000 of 601,234.*596,234 were left out/);
    await page.locator("#search").fill("198.51.100.12");
    await settle(page);
    assert.match(await text(page, "#services .status"), /of 10 services/);
    await page.locator("#search").fill("NODE4.example");
    await settle(page);
    assert.match(await text(page, "#services .status"), /of 1 service$/);
    await page.locator("#search").fill("no such thing");
    await settle(page);
    assert.match(await text(page, ".rows"), /No service matches/);
    await page.locator("#search").fill("");
    await page.locator(".filters select").first().selectOption("critical");
    await settle(page);
    assert.deepEqual(await page.locator(".rows .sev").evaluateAll((n) => [...new Set(n.map((s) => s.textContent))]), ["critical"]);
    await page.getByRole("button", { name: "Next" }).click();
    assert.match(await hash(page), /severity=critical&page=2/);
  });

checks["a table's name filters the list and is taken away by its chip"] = (browser) =>
  with_(browser, "day", {}, async (page) => {
    await page.locator("#countries").getByRole("button", { name: "Germany" }).click();
    await settle(page);
    assert.match(await hash(page), /geo=DE/);
    assert.match(await text(page, ".rows summary .where"), /Germany/);
    await page.getByRole("button", { name: /Remove the filter/ }).click();
    assert.equal(await hash(page), "");
  });

checks["the tree map goes down and back up"] = (browser) =>
  with_(browser, "year", {}, async (page) => {
    await page.locator(".tree .cell").first().click();
    assert.match(await hash(page), /tree=CN/);
    await page.locator(".tree .cell").first().click();
    assert.match(await hash(page), /tree=CN%09/);
    await page.locator(".tree .cell").first().click();
    assert.match(await hash(page), /geo=CN&asn=\d+&stack=/);
    await page.locator(".crumbs button").first().click();
    assert.doesNotMatch(await hash(page), /tree=/);
  });

checks["everything can be done with the keyboard alone"] = (browser) =>
  with_(browser, "year", {}, async (page) => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "services");
    assert.equal(await hash(page), "");
    await page.locator(".world").focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await text(page, "#tip"), /China\n[\d,]+ services/);
    await page.keyboard.press("Enter");
    assert.match(await hash(page), /geo=CN/);
    await page.locator(".timeline").focus();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    assert.match(await text(page, "#tip"), /20 Nov 2026/);
    await page.keyboard.press("Enter");
    assert.match(await hash(page), /from=2026-11-20&to=2026-11-20/);
    await page.locator(".tree").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    assert.match(await hash(page), /tree=CN/);
    await page.locator(".rows summary").first().focus();
    await page.keyboard.press("Enter");
    await settle(page);
    assert.ok(await page.locator(".rows details[open] dl").isVisible());
    assert.match(await hash(page), /open=/);
  });

each(["year", ...all.filter((n) => n === "store-hostile")], "*: strangers' text is text and does nothing", async (browser, name) => {
  await with_(browser, name, {}, async (page) => {
    for (const summary of (await page.locator(".rows summary").all()).slice(0, 12))
      await summary.click();
    await settle(page);
    assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
    assert.equal(await page.locator("main img, main script, main iframe, main a, main style, body > img").count(), 0);
    const body = await page.locator("body").innerText();
    assert.match(body, /<script>window\.pwned=1<\/script>/);
    assert.doesNotMatch(body, /[\u001b\u0007\u202a-\u202e\u2066-\u2069]/);
    assert.match(body, /\\u\{202e\}/);
    assert.match(body, /\\u\{1b\}\[31m/);
    assert.match(body, /\\xe9/);
    assert.ok(body.includes(hostile.long));
  });
});

checks["a service says since when it is there, and nothing where that is not known"] = async (browser) => {
  for (const kind of Object.values(kinds))
    await with_(browser, "year", kind, async (page) => {
      const said = await page.locator(".rows .since").evaluateAll((n) => [...new Set(n.map((s) => s.textContent))]);
      assert.deepEqual(said.sort(), ["", "since 10 Nov (11 days)", "since 17 Oct 2025 (400 days)", "since 21 Nov", "since 25 Jan (300 days)"]);
      await page.locator(".rows summary", { hasText: "11 days" }).first().click();
      assert.match(await text(page, ".rows details[open] dl"), /First\s+10 Nov 2026, 00:30 UTC \(11 days before\)\s+Last\s+21 Nov 2026, 04:00 UTC/);
    });
};

checks["a page of sample data says so, at the top and at the rows"] = (browser) =>
  with_(browser, "day", {}, async (page) => {
    assert.match(await text(page, ".banner"), /Sample data/);
    assert.ok(await page.locator(".rows .mark", { hasText: "sample" }).count() > 0);
  });

checks["sources are named with their dates, and thanked as they ask"] = (browser) =>
  with_(browser, "day", {}, async (page) => {
    const foot = await text(page, "#foot");
    assert.match(foot, /GeoLite2-ASN \(asn\.mmdb\), of 3 November 2026/);
    assert.match(foot, /includes GeoLite2 data created by MaxMind/);
    assert.match(foot, /tor-geoipdb/);
  });

checks["an empty store says what to do"] = (browser) =>
  with_(browser, "empty", {}, async (page) => {
    assert.match(await text(page, "#top"), /nothing in this store yet[^]*coapscope scan/);
  });

checks["it prints in black on white, without what can be pressed"] = (browser) =>
  with_(browser, "day", {}, async (page) => {
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator(".filters").isVisible(), false);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
    const pdf = await page.pdf({ format: "A4", path: path.join(shots, "day-print.pdf") });
    assert.ok(pdf.length > 20000);
    await page.screenshot({ path: path.join(shots, "day-print.png"), fullPage: true });
  });

checks["served, it fetches the list page by page, and the tree of a day"] = async (browser) => {
  const server = await served(dist, of.year());
  const { page, said, context } = await look(browser, server.url, {});
  await page.waitForSelector(".rows summary");
  assert.match(await text(page, "#services .status"), /1\u201350 of 601,234/);
  await page.getByRole("button", { name: "Next" }).click();
  await page.waitForFunction(() => /^51/.test(document.querySelector("#services .status").textContent));
  await page.getByLabel("Search").fill("temp & co");
  await page.waitForFunction(() => /q=temp/.test(location.hash));
  await settle(page);
  await page.getByLabel("From").fill("2026-11-01");
  await page.getByLabel("to", { exact: true }).fill("2026-11-02");
  await settle(page);
  assert.ok(server.asked.some((a) => a.includes("q=temp+%26+co")));
  assert.ok(server.asked.some((a) => a.includes("overview.json?from=2026-11-02&to=2026-11-02")), server.asked.join("\n"));
  assert.ok(server.asked.some((a) => a.includes("services.json?day=2026-11-02")));
  assert.deepEqual(said, []);
  await context.close();
  server.close();
};

checks["served, an error is said where the list would be"] = async (browser) => {
  const server = await served(dist, of.day(), { failing: true });
  const { page, context } = await look(browser, server.url, {});
  await settle(page);
  assert.match(await text(page, "#services .status"), /could not be fetched: services\.json: 500 <b>broken<\/b>/);
  await context.close();
  server.close();
};

if (images)
  checks["the guide's images"] = async (browser) => {
    fs.mkdirSync(images, { recursive: true });
    for (const [name, kind, clip] of [["guide", "light", 1330], ["guide", "dark", 1330], ["guide", "phone", 1400]])
      await with_(browser, name, kinds[kind], async (page) => page.screenshot({
        path: path.join(images, `page-${kind}.png`), fullPage: true,
        clip: { x: 0, y: 0, width: kinds[kind].viewport?.width ?? 1280, height: clip } }));
    await with_(browser, "guide", {}, async (page) => {
      await page.locator(".rows summary").nth(4).click();
      await settle(page);
      await page.locator("#services").scrollIntoViewIfNeeded();
      const box = await page.locator("#services").evaluate((n) => n.getBoundingClientRect().top + scrollY);
      await page.screenshot({ path: path.join(images, "page-list.png"), fullPage: true, clip: { x: 0, y: box - 12, width: 1280, height: 900 } });
    });
  };

async function main() {
  if (dir === "--list") {
    console.log(JSON.stringify(Object.keys(checks)));
    return;
  }
  const template = fs.readFileSync(path.join(dist, "page.html"), "utf8");
  const policy = fs.readFileSync(path.join(dist, "policy.txt"), "utf8");
  for (const [name, data] of Object.entries(of))
    fs.writeFileSync(path.join(dir, `${name}.html`), file(template, policy, data()));
  const only = process.argv[3];
  const results = {};
  await open(async (browser) => {
    for (const [name, check] of Object.entries(checks)) {
      if (only && !name.includes(only))
        continue;
      try {
        await check(browser);
        results[name] = null;
      } catch (error) {
        results[name] = error.stack;
      }
    }
  });
  console.log(JSON.stringify(results));
}

main();
