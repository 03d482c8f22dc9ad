#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sums JUnit files into the closing line "N passed, N failed[, N skipped]".

Exits 1 when anything failed, when a file is missing, or when nothing ran.
"""

import sys
import xml.etree.ElementTree as ET


def count(path):
    passed = failed = skipped = 0
    for case in ET.parse(path).iter("testcase"):
        name = "%s: %s" % (case.get("classname"), case.get("name"))
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            print("FAILED %s" % name)
        elif case.find("skipped") is not None:
            skipped += 1
            print("skipped %s: %s" % (name, case.find("skipped").get("message", "")))
        else:
            passed += 1
    return passed, failed, skipped


def main():
    passed = failed = skipped = 0
    for path in sys.argv[1:]:
        try:
            p, f, s = count(path)
        except (OSError, ET.ParseError) as error:
            print("FAILED to read %s: %s" % (path, error))
            p, f, s = 0, 1, 0
        if p + f + s == 0:
            print("FAILED: %s has no test" % path)
            f = 1
        passed, failed, skipped = passed + p, failed + f, skipped + s
    tail = ", %d skipped" % skipped if skipped else ""
    print("%d passed, %d failed%s" % (passed, failed, tail))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
