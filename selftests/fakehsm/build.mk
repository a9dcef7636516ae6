# SPDX-License-Identifier: MIT

FAKEHSM_OBJS := $(addprefix selftests/fakehsm/,canned.o fakehsm.o flip.o)

VM_TESTS += $(B)/test/fakehsm

$(B)/test/fakehsm: $(call nosan,$(FAKEHSM_OBJS) $(SIM_PEER_OBJS))
	$(call link,$(CFLAGS),-pthread)
