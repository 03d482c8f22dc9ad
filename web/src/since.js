// SPDX-License-Identifier: Apache-2.0
// Since when a service is known, in words.
const format = (options) => new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", ...options, timeZone: "UTC" });
const near = format({});
const far = format({ year: "numeric" });
const midnight = (time) => Date.parse(`${time.slice(0, 10)}T00:00:00Z`);

// ["since 12 Nov", "11 days"] of what was first seen then and is seen at @at: the
// year where it is another, no days on the first one; [] where nothing is known.
export function since(first, at) {
  if (!first)
    return [];
  const days = Math.round((midnight(at) - midnight(first)) / 86400e3);
  const day = (first.slice(0, 4) === at.slice(0, 4) ? near : far).format(Date.parse(first));
  return [`since ${day}`, ...(days > 0 ? [`${days} day${days === 1 ? "" : "s"}`] : [])];
}
