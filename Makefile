# SPDX-License-Identifier: Apache-2.0
# The face: all work is done by meson and by the scripts under tools/.
BUILD ?= build
PREFIX ?= /usr/local
export BUILD

.PHONY: all deps demo test bench fuzz lint nightly web install clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/deps.sh build
	meson setup --prefix $(PREFIX) $(BUILD)

# What building, the demo and the tests need, from Debian's packages.
deps:
	tools/deps.sh build demo test

demo:
	@tools/deps.sh demo
	@$(MAKE) --no-print-directory all
	tools/demo.sh

test:
	@tools/deps.sh test
	tools/test.sh

# Ours and its peers side by side; writes bench/RESULTS.md. As root.
bench:
	@tools/deps.sh test bench
	@$(MAKE) --no-print-directory all
	tools/bench.sh

# SECONDS_EACH of libFuzzer on each target, under ASan + UBSan.
SECONDS_EACH ?= 60
fuzz:
	@tools/deps.sh test
	tools/fuzz.sh $(SECONDS_EACH)

lint:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory all
	tools/lint.sh

# The slow ones: valgrind, fuzzing, the pure layers on other machines.
nightly:
	@tools/deps.sh nightly
	tools/nightly.sh

# The page's bundle from its source; it is committed, so only who changes it runs this.
web:
	@tools/deps.sh test
	cd web && npm ci --silent --ignore-scripts && npm test --silent && npm run build --silent

# DESTDIR is heeded; PREFIX, where it is given, also by a build that is there.
install: all
ifneq ($(origin PREFIX),file)
	meson configure $(BUILD) --prefix $(PREFIX)
endif
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) build-asan build-tsan build-clang build-clang-asan build-fuzz
