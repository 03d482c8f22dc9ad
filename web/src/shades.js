// SPDX-License-Identifier: Apache-2.0
// The steps of colour of the map.

const STEPS = 6;

// Lower bounds of the steps for values of `min` to `max`, ascending and distinct.
export function floorsFor(min, max, scale) {
  const floors = [];
  for (let i = 0; i < STEPS; i++) {
    const raw = scale === "log" ? min * (max / min) ** (i / STEPS) : max * i / STEPS;
    const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, raw))) - (scale === "log" ? 0 : 1));
    floors.push(Math.max(1, (i ? Math.round : Math.floor)(raw / unit) * unit));
  }
  return [...new Set(floors)].filter((f) => f <= max);
}

export function stepOf(n, floors) {
  if (!(n > 0))
    return 0;
  let at = floors.length - 1;
  while (at > 0 && n < floors[at])
    at--;
  // Few steps are spread over the whole colour range.
  return floors.length === 1 ? STEPS : 1 + Math.round(at * (STEPS - 1) / (floors.length - 1));
}
