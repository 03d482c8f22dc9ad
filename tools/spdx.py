#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that each source file names its licence in its first three lines."""

import subprocess
import sys

ENDINGS = (".c", ".h", ".py", ".sh", ".js", ".sql", "meson.build")


def main():
    bad = 0
    for path in subprocess.check_output(["git", "ls-files"], text=True).splitlines():
        if not path.endswith(ENDINGS):
            continue
        with open(path, encoding="utf-8") as file:
            head = [file.readline() for _ in range(3)]
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in head):
            bad += 1
            print("%s: no SPDX line" % path)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
