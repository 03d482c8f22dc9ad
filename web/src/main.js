// SPDX-License-Identifier: Apache-2.0
// The page, from top to bottom.
import { changes } from "./changes.js";
import { openData } from "./data.js";
import { el, fill } from "./dom.js";
import { foot } from "./foot.js";
import { head } from "./head.js";
import { serviceList } from "./services.js";
import { timeline } from "./timeline.js";
import { amplification, severityTable, topTable } from "./tops.js";
import { treeMap } from "./tree.js";
import { openView } from "./view.js";
import { worldMap } from "./world.js";

function parts(data, view) {
  const { overview } = data;
  const top = (id, title, group) => topTable(id, title, group, overview, view);
  return [
    timeline(overview, view),
    el("div", { class: "pair" }, worldMap(overview, view), top("countries", "Countries", "geo")),
    treeMap(data, view),
    el("div", { class: "grid" },
      severityTable(overview, view), amplification(overview, view),
      top("networks", "Networks", "asn"), top("stacks", "Stacks", "stack"),
      top("tags", "Tags", "tag"), top("ports", "Ports", "port")),
    changes(overview),
    serviceList(data, view),
  ];
}

async function start() {
  const page = document.getElementById("page");
  try {
    const data = await openData();
    const view = openView();
    head(data, view);
    fill(page, data.overview.last < 0 ? [] : parts(data, view));
    foot(data.overview);
  } catch (error) {
    fill(page, el("p", { class: "wait", role: "alert" }, `The page could not be drawn: ${error.message}`));
    throw error;
  } finally {
    page.setAttribute("aria-busy", "false");
  }
}

// The skip link must not take the view out of the address bar.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  (document.getElementById("services") ?? document.getElementById("page")).focus();
});
start();
