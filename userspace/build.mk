# SPDX-License-Identifier: MIT
#
# libcryptech, the tool `cryptech` and their host tests.

us := userspace
comma := ,

# --- the library -------------------------------------------------------------

lib_src := $(addprefix $(us)/libcryptech/,backup.c cipher.c device.c hashsig.c key.c \
	login.c names.c sign.c)
lib_so := $(B)/lib/libcryptech.so

LIBS += $(lib_so)

$(lib_so).0: $(lib_src:%.c=$(B)/obj/pic/%.o) $(us)/libcryptech/libcryptech.map
	$(call link,-shared -Wl$(comma)-soname$(comma)libcryptech.so.0 \
		-Wl$(comma)--version-script=$(us)/libcryptech/libcryptech.map \
		-Wl$(comma)-z$(comma)defs$(comma)-z$(comma)relro$(comma)-z$(comma)now)

$(lib_so): $(lib_so).0
	@ln -sf libcryptech.so.0 $@

# --- the tool ----------------------------------------------------------------

tool_common := $(sort $(wildcard $(us)/cryptech/common/*.c))
tool_src := $(sort $(wildcard $(us)/cryptech/*.c)) $(tool_common)

BINS += $(B)/bin/cryptech

# It finds the library beside it, in the build folder and once installed.
$(B)/bin/cryptech: $(tool_src:%.c=$(B)/obj/%.o) $(lib_so)
	$(call link,-pie -Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now \
		-Wl$(comma)-rpath$(comma)'$$ORIGIN/../lib', \
		-L$(B)/lib -lcryptech -lcrypto -ljansson)

# --- host tests --------------------------------------------------------------

US_TESTS := $(addprefix $(B)/test/user_,names input sign x509 files)
HOST_TESTS += $(US_TESTS)

$(US_TESTS): $(B)/test/user_%: $(B)/obj-san/$(us)/tests/%_test.o \
		$(tool_common:%.c=$(B)/obj-san/%.o) \
		$(lib_src:%.c=$(B)/obj-san/%.o)
	$(call link,$(CFLAGS_SAN),-lcrypto -ljansson)

# The whole tool with sanitizers, for the test of its command line.
$(B)/test/cryptech: $(tool_src:%.c=$(B)/obj-san/%.o) \
		$(lib_src:%.c=$(B)/obj-san/%.o)
	$(call link,$(CFLAGS_SAN),-lcrypto -ljansson)

HOST_TESTS += $(B)/test/user_cli

$(B)/test/user_cli: $(us)/tests/cli.sh $(B)/test/cryptech
	@printf '#!/bin/sh\nexec %s\n' "$(CURDIR)/$<" >$@; chmod +x $@

HOST_TESTS += $(B)/test/user_backup

$(B)/test/user_backup: $(us)/tests/backup.py $(B)/test/cryptech
	@printf '#!/bin/sh\nexec python3 %s\n' "$(CURDIR)/$<" >$@; chmod +x $@
