# SPDX-License-Identifier: MIT
#
# What `make bench` runs. Built with the rest, so that it cannot rot.

BINS += $(B)/test/rpc_bench $(B)/test/vm/vm_bench

$(B)/test/rpc_bench: $(B)/obj/selftests/bench/rpc_bench.o \
		$(B)/obj/firmware/platform/sim/slip.o
	$(call link,$(CFLAGS))

$(B)/test/vm/vm_bench: $(B)/obj/selftests/bench/vm_bench.o
	$(call link,$(CFLAGS),-lkeyutils)
