// SPDX-License-Identifier: Apache-2.0
// A stand-in for `coapscope serve`: the document with its policy, and the data.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");

async function served(dist, [overview, services], { failing = false } = {}) {
  const page = fs.readFileSync(path.join(dist, "page.html"), "utf8");
  const policy = `${fs.readFileSync(path.join(dist, "policy.txt"), "utf8")}; connect-src 'self'; frame-ancestors 'none'`;
  const asked = [];
  const server = http.createServer((request, reply) => {
    const url = new URL(request.url, "http://localhost");
    asked.push(request.url);
    if (url.pathname === "/")
      return reply.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy }).end(page);
    reply.setHeader("Content-Type", "application/json");
    if (url.pathname === "/data/overview.json")
      return reply.end(JSON.stringify(overview));
    if (failing)
      return reply.writeHead(500).end("<b>broken</b>");
    const offset = Number(url.searchParams.get("offset"));
    return reply.end(JSON.stringify({ ...services, offset,
      services: services.services.slice(offset, offset + Number(url.searchParams.get("limit"))) }));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}/`, asked, close: () => server.close() };
}

module.exports = { served };
