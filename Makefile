# SPDX-License-Identifier: MIT
#
# `make help` lists what can be made.
#
# Userspace and firmware are built by this one make: each folder's build.mk
# adds to BINS, LIBS and HOST_TESTS and says how its programs are linked.
# Modules are built by the kernel's own build system (Kbuild).

B := build
cache := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/cryptech

CC := gcc
CFLAGS ?= -O2 -g
override CFLAGS += -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE \
	-fstack-protector-strong
override CPPFLAGS += -Iinclude -Iinclude/uapi
CFLAGS_SAN = $(CFLAGS) -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
override CPPFLAGS += -DCRYPTECH_VERSION='"$(VERSION)"'

PREFIX ?= /usr/local
DESTDIR ?=

BINS :=
LIBS :=
HOST_TESTS :=
VM_TESTS :=

.DEFAULT_GOAL := all

-include firmware/build.mk
-include userspace/build.mk
-include selftests/build.mk

# Debian sid's may be one that is not supported; scripts/setup knows
SUPPORTED_KERNELS = 6.1 6.12 $(if $(wildcard $(cache)/kernels/sid/build),sid)

.PHONY: all host-tests vm-tests modules
all: $(BINS) $(LIBS)
host-tests: $(HOST_TESTS)
vm-tests: $(VM_TESTS)

# --- objects -----------------------------------------------------------------

# `make -s` is quiet
quiet := $(findstring s,$(firstword -$(MAKEFLAGS)))
note = $(if $(quiet),:,echo "  $(1)      $@")

compile = @mkdir -p $(@D); $(call note,CC); \
	$(CC) $(CPPFLAGS) $(1) -MMD -MP -c -o $@ $<

$(B)/obj/%.o: %.c
	$(call compile,$(CFLAGS))

$(B)/obj/pic/%.o: %.c
	$(call compile,$(CFLAGS) -fPIC)

$(B)/obj-san/%.o: %.c
	$(call compile,$(CFLAGS_SAN))

# Linking, for the fragments: $(call link,FLAGS,LIBRARIES)
link = @mkdir -p $(@D); $(call note,LD); \
	$(CC) $(1) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(2)

.SECONDARY:
-include $(shell test -d $(B) && find $(B)/obj $(B)/obj-san -name '*.d' \
	2>/dev/null)

# --- modules -----------------------------------------------------------------

# With KDIR: for that kernel. Without: for every supported one.
ifdef KDIR
modules:
	+scripts/build-modules $(KDIR)
else
modules:
	+$(foreach k,$(SUPPORTED_KERNELS),\
		scripts/build-modules $(cache)/kernels/$(k)/build &&) true
endif

# --- the FPGA ----------------------------------------------------------------

# A make of its own: tools and rules are others.
.PHONY: fpga-tests fpga-long-tests
fpga-tests fpga-long-tests: fpga-%:
	+$(MAKE) -C fpga $*

FPGA_TESTS = $(shell $(MAKE) -s --no-print-directory -C fpga print-TESTS)
FPGA_LONG_TESTS = $(shell \
	$(MAKE) -s --no-print-directory -C fpga print-LONG_TESTS)

# --- tests -------------------------------------------------------------------

.PHONY: setup check check-quick check-vm check-full lint bench demo fuzz

setup:
	scripts/setup

check: setup
	selftests/run check

check-quick: setup
	selftests/run quick

check-vm: setup
	selftests/run vm $(if $(KERNEL),--kernel $(KERNEL)) $(if $(T),$(T))

check-full: setup
	selftests/run full

lint: setup
	selftests/run lint

fuzz: setup
	$(MAKE) $(FUZZERS)
	selftests/fuzz/run --minutes $(or $(MINUTES),10) $(T)

bench: setup
	$(MAKE) all modules $(B)/test/fakehsm
	selftests/bench/run $(if $(KERNEL),--kernel $(KERNEL))

demo: setup
	scripts/demo $(if $(KERNEL),--kernel $(KERNEL))

# --- installation ------------------------------------------------------------

.PHONY: install uninstall clean help

install: all
	scripts/install install "$(DESTDIR)" "$(PREFIX)"

uninstall:
	scripts/install uninstall "$(DESTDIR)" "$(PREFIX)"

clean:
	rm -rf $(B)

help:
	@echo 'make                build programs and libraries into $(B)/'
	@echo 'make demo           see it work: an HSM, a key, a signed module'
	@echo 'make modules        kernel modules for all supported kernels'
	@echo 'make modules KDIR=  kernel modules for the kernel built there'
	@echo 'make check          every test; ends with a count'
	@echo 'make check-quick    tests without virtual machine, a minute'
	@echo 'make check-vm [KERNEL=6.12|sid|debug] [T=NAME]'
	@echo '                    tests in a virtual machine, or one of them'
	@echo 'make check-full     exhaustive runs of the long tests'
	@echo 'make fuzz [T=rpc] [MINUTES=10]'
	@echo '                    look for inputs that break the HSM'
	@echo 'make lint           style and static analysis alone'
	@echo 'make bench          measure'
	@echo 'make -C fpga bitstream|test|lint|proof'
	@echo '                    the FPGA: see fpga/README.rst'
	@echo 'make setup          get what is missing (all others do it too)'
	@echo 'make install        programs, library, DKMS modules [PREFIX= DESTDIR=]'
	@echo 'make uninstall      take them away again'
	@echo 'make clean          remove $(B)/'
	@echo 'scripts/vm          a virtual machine with HSMs; try --help'

# For scripts: the value of a variable.
print-%:
	@echo $($*)
