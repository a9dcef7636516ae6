# SPDX-License-Identifier: MIT
#
# Parts of the drivers that need no kernel, as programs.

HOST_TESTS += $(B)/test/keyder_test

$(B)/test/keyder_test: $(B)/obj-san/selftests/drivers/keyder_test.o
	$(call link,$(CFLAGS_SAN),-lcrypto)
