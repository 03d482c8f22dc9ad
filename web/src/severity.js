// SPDX-License-Identifier: Apache-2.0
// Worst first.
export const severities = ["critical", "high", "medium", "low", "info"];
