#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page's document as a C array, with the places where a file's policy and
data go in. Usage: embed.py page.html policy.txt > page_document.inc"""
import sys

POLICY, DATA = b"<!--policy-->", b"<!--data-->"


def take(text, mark):
    if text.count(mark) != 1:
        sys.exit(f"embed.py: {sys.argv[1]}: want one {mark.decode()}")
    at = text.index(mark)
    return text[:at] + text[at + len(mark):], at


def main():
    with open(sys.argv[1], "rb") as page, open(sys.argv[2], encoding="ascii") as policy:
        text, rule = page.read(), policy.read().strip()
    text, policy_at = take(text, POLICY)
    text, data_at = take(text, DATA)
    if policy_at > data_at or '"' in rule or "\\" in rule:
        sys.exit("embed.py: want the policy before the data, and no quotes in it")
    print(f'#define PAGE_POLICY "{rule}"')
    print(f"enum {{ POLICY_AT = {policy_at}, DATA_AT = {data_at} }};")
    print("static const uint8_t document[] = {")
    for at in range(0, len(text), 32):
        print(",".join(map(str, text[at:at + 32])) + ",")
    print("};")


main()
