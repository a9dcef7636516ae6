# SPDX-License-Identifier: MIT
#
# Tests that are compiled.
#
# selftests/vm/NAME.c becomes build/test/vm/NAME, for the virtual machine. It
# may use the kernel's kselftest_harness.h, libkeyutils and <linux/cryptech.h>.

VM_TESTS += $(patsubst selftests/vm/%.c,$(B)/test/vm/%,\
	$(wildcard selftests/vm/*.c))

# The kernel's harness does not keep to all of our warnings.
$(B)/test/vm/%: selftests/vm/%.c
	@mkdir -p $(@D); $(call note,CC)
	@$(CC) $(CPPFLAGS) -isystem $(cache)/source/linux/tools/testing/selftests \
		$(CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(LDLIBS) -lkeyutils -lcrypto

# The examples of the documentation, which have to be right.
EXAMPLES := $(patsubst Documentation/examples/%.c,$(B)/test/vm/example_%,\
	$(wildcard Documentation/examples/*.c))
BINS += $(EXAMPLES)

$(EXAMPLES): $(B)/test/vm/example_%: $(B)/obj/Documentation/examples/%.o
	$(call link,$(CFLAGS),-lcrypto)

# Its ioctls are those of the headers.
$(B)/test/vm/uapi_random: override CPPFLAGS += -I$(B)/gen
$(B)/test/vm/uapi_random: $(B)/gen/uapi_fields.h

# libkcapi is only for the test of it.
$(B)/test/vm/kcapi: LDLIBS := -lkcapi

-include $(wildcard $(B)/test/vm/*.d)

-include $(wildcard selftests/*/build.mk)
