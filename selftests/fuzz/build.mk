# SPDX-License-Identifier: MIT
#
# Fuzz targets: clang's libFuzzer with the address and undefined-behaviour
# sanitizers and line coverage, in one build. Run them with `make fuzz`.

CLANG ?= clang
FUZZ_CFLAGS = -O1 -g -std=gnu11 -Wall -Wextra -Werror -Wno-sometimes-uninitialized \
	-D_GNU_SOURCE \
	-fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	-fprofile-instr-generate -fcoverage-mapping

$(B)/obj-fuzz/%.o: %.c
	@mkdir -p $(@D); echo "  FUZZ    $@"; \
	$(CLANG) $(CPPFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

fuzz_objs = $(addprefix $(B)/obj-fuzz/,$(1))
fuzz_link = @mkdir -p $(@D); echo "  LD      $@"; \
	$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(1)

FUZZERS := $(addprefix $(B)/test/,fuzz_rpc fuzz_flash fuzz_hss fuzz_slip \
	fuzz_state fuzz_package)
host-tests: $(FUZZERS)

# The keystore is fuzz_flash's, and only costs time here, as SHA-256 does:
# compiled plainly.
$(B)/test/fuzz_rpc: $(call fuzz_objs,$(addprefix selftests/fuzz/,fuzz_rpc.o \
		rpc_mutate.o frames.o values.o) firmware/tests/hsm_box.o \
		$(FIRMWARE_HSM_OBJS) $(FIRMWARE_HASHSIG_OBJS) \
		$(FIRMWARE_CORES_OBJS)) \
		$(call nosan,$(FIRMWARE_KEYSTORE_OBJS) $(FIRMWARE_FPGA_OBJS) \
		$(FIRMWARE_SHA256_OBJS) firmware/tests/nor.o)
	$(call fuzz_link,-lcrypto -pthread -Wl$(comma)--wrap=core_key_generate$(comma)--wrap=hss_new)

$(B)/test/fuzz_flash: $(call fuzz_objs,selftests/fuzz/fuzz_flash.o \
		$(FIRMWARE_KEYSTORE_OBJS) firmware/tests/nor.o)
	$(call fuzz_link)

# The engines of SHA-256 read what they are pointed at, whatever it says.
$(B)/test/fuzz_hss: $(call fuzz_objs,$(addprefix selftests/fuzz/,fuzz_hss.o \
		hss_plain.o) $(addprefix firmware/hashsig/,merkle.o ots.o \
		verify.o)) \
		$(call nosan,$(FIRMWARE_SHA256_OBJS) $(FIRMWARE_CORES_OBJS))
	$(call fuzz_link,-lcrypto -pthread)

# The keystore is fuzz_flash's.
$(B)/test/fuzz_state: $(call fuzz_objs,selftests/fuzz/fuzz_state.o \
		$(FIRMWARE_HASHSIG_OBJS)) \
		$(call nosan,$(FIRMWARE_KEYSTORE_OBJS) $(FIRMWARE_SHA256_OBJS) \
		$(FIRMWARE_CORES_OBJS) firmware/tests/nor.o)
	$(call fuzz_link,-lcrypto -pthread)

$(B)/test/fuzz_package: $(call fuzz_objs,selftests/fuzz/fuzz_package.o \
		$(addprefix firmware/tests/,hsm_box.o hsm_flash.o) \
		$(FIRMWARE_HSM_OBJS) $(FIRMWARE_HASHSIG_OBJS) \
		$(FIRMWARE_CORES_OBJS)) \
		$(call nosan,$(FIRMWARE_KEYSTORE_OBJS) $(FIRMWARE_FPGA_OBJS) \
		$(FIRMWARE_SHA256_OBJS) firmware/tests/nor.o)
	$(call fuzz_link,-lcrypto -pthread)

$(B)/test/fuzz_slip: $(call fuzz_objs,selftests/fuzz/fuzz_slip.o)
	$(call fuzz_link)

-include $(shell test -d $(B)/obj-fuzz && find $(B)/obj-fuzz -name '*.d' \
	2>/dev/null)
