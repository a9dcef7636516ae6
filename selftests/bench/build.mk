# SPDX-License-Identifier: MIT
#
# What `make bench` runs. Built with the rest, so that it cannot rot.

BINS += $(B)/test/rpc_bench $(B)/test/vm/vm_bench

$(B)/test/rpc_bench: $(B)/obj/selftests/bench/rpc_bench.o
	$(call link,$(CFLAGS))

BINS += $(B)/test/cycle_bench

$(B)/test/cycle_bench: $(B)/obj/selftests/bench/cycle_bench.o
	$(call link,$(CFLAGS))

$(B)/test/vm/vm_bench: $(B)/obj/selftests/bench/vm_bench.o
	$(call link,$(CFLAGS),-lkeyutils)

BINS += $(B)/test/hashsig_bench

$(B)/test/hashsig_bench: $(call nosan,selftests/bench/hashsig_bench.o \
		$(FIRMWARE_LMS_OBJS) $(FIRMWARE_CORES_OBJS))
	$(call link,$(CFLAGS),-lcrypto -pthread)

BINS += $(B)/test/hashsig_sign_bench

$(B)/test/hashsig_sign_bench: $(call nosan,selftests/bench/hashsig_sign_bench.o \
		firmware/tests/nor.o $(FIRMWARE_HASHSIG_OBJS) \
		$(FIRMWARE_SHA256_OBJS) $(FIRMWARE_CORES_OBJS) \
		$(FIRMWARE_KEYSTORE_OBJS))
	$(call link,$(CFLAGS),-lcrypto -pthread)
