// SPDX-License-Identifier: Apache-2.0
// Characters that hide, reorder or move text are shown by their numbers.
const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

export function visible(text) {
  return String(text ?? "").replace(unseen, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}
