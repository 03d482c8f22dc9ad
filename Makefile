# SPDX-License-Identifier: Apache-2.0
# The face: all work is done by meson and by the scripts under tools/.
BUILD ?= build
PYTHON ?= /usr/bin/python3

.PHONY: all deps demo test bench fuzz lint nightly install clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@command -v meson >/dev/null || tools/deps.sh
	meson setup $(BUILD)
