# SPDX-License-Identifier: MIT
#
# Parts of the drivers that need no kernel, as programs.

HOST_TESTS += $(B)/test/keyder_test

$(B)/test/keyder_test: $(B)/obj-san/selftests/drivers/keyder_test.o
	$(call link,$(CFLAGS_SAN),-lcrypto)

# The UAPI's layout, for programs of either size.
HOST_TESTS += $(B)/test/uapi_test

asm_headers := /usr/include/$(shell $(CC) -print-multiarch)
cc_32 = $(CC) $(CPPFLAGS) -isystem $(asm_headers) -m32 -O2 -std=gnu11 -Wall \
	-Wextra -Werror -ffreestanding -fno-stack-protector -MMD -MP

$(B)/test/uapi_32.o: selftests/drivers/uapi_32.c
	@mkdir -p $(@D); echo "  CC32    $@"
	@$(cc_32) -c -o $@ $<

$(B)/gen/uapi_fields.h: selftests/drivers/uapi_fields.py \
		include/uapi/linux/cryptech.h \
		include/uapi/linux/cryptech_backup.h
	@mkdir -p $(@D); $(call note,GEN)
	@$^ >$@.new && mv $@.new $@

$(B)/obj-san/selftests/drivers/uapi_test.o: override CPPFLAGS += -I$(B)/gen
$(B)/obj-san/selftests/drivers/uapi_test.o: $(B)/gen/uapi_fields.h

$(B)/test/uapi_test: $(B)/obj-san/selftests/drivers/uapi_test.o \
		| $(B)/test/uapi_32.o
	$(call link,$(CFLAGS_SAN),)

# The ioctls of backup, with the kernel's headers left out.
HOST_TESTS += $(B)/test/iocmap_test

$(B)/obj-san/selftests/drivers/iocmap_test.o: \
		override CPPFLAGS += -I$(B)/gen -Iselftests/drivers/kernel
$(B)/obj-san/selftests/drivers/iocmap_test.o: $(B)/gen/uapi_fields.h

$(B)/test/iocmap_test: $(B)/obj-san/selftests/drivers/iocmap_test.o
	$(call link,$(CFLAGS_SAN),)

# A serial line, both its ends.
HOST_TESTS += $(B)/test/line_test

$(B)/obj-san/selftests/drivers/line_test.o: \
		override CPPFLAGS += -Iselftests/drivers/kernel

$(B)/test/line_test: $(call san,$(addprefix selftests/drivers/,line_test.o \
		line_hsm.o) firmware/platform/sim/line.o)
	$(call link,$(CFLAGS_SAN),)

# A 32-bit program for the virtual machine; it needs no library.
VM_TESTS += $(B)/test/vm/compat32

$(B)/test/vm/compat32: selftests/drivers/compat32.c
	@mkdir -p $(@D); echo "  CC32    $@"
	@$(cc_32) -nostdlib -static -fno-pie -no-pie -o $@ $<

# The kernel's HSS verifier, as a program and in the virtual machine, on
# signatures of others.
HOST_TESTS += $(B)/test/hss_verify_test

hss_vectors := firmware/tests/vectors/lms

$(B)/gen/hss_cases.h: selftests/drivers/hss_cases.py \
		$(wildcard $(hss_vectors)/*.vec $(hss_vectors)/cisco/*.json)
	@mkdir -p $(@D); $(call note,GEN)
	@$< $(hss_vectors) >$@.new && mv $@.new $@

$(B)/obj-san/selftests/drivers/hss_verify_test.o $(B)/test/vm/hss_verify: \
		override CPPFLAGS += -I$(B)/gen
$(B)/obj-san/selftests/drivers/hss_verify_test.o $(B)/test/vm/hss_verify: \
		$(B)/gen/hss_cases.h

$(B)/test/hss_verify_test: $(B)/obj-san/selftests/drivers/hss_verify_test.o
	$(call link,$(CFLAGS_SAN),-lcrypto)
