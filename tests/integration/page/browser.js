// SPDX-License-Identifier: Apache-2.0
// Opens pages in Debian's chromium without a network, and keeps what it complains of.
"use strict";

const { chromium } = require("playwright-core");

async function open(run) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--font-render-hinting=none"] });
  try {
    return await run(browser);
  } finally {
    await browser.close();
  }
}

async function look(browser, url, options = {}) {
  const context = await browser.newContext({ offline: url.startsWith("file:"), locale: "en-GB", timezoneId: "UTC",
    viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const said = [];
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && said.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => said.push(`error: ${e.message}`));
  page.on("dialog", (d) => { said.push(`dialog: ${d.message()}`); d.dismiss(); });
  page.on("request", (r) => !/^(file|data|blob):/.test(r.url()) && url.startsWith("file:") && said.push(`request: ${r.url()}`));
  await page.addInitScript(() => addEventListener("securitypolicyviolation",
    (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`)));
  await page.goto(url);
  await page.waitForSelector("main[aria-busy=false]", { state: "attached" });
  await page.waitForTimeout(150); // observers of width have drawn
  return { page, said, context };
}

module.exports = { open, look };
