# SPDX-License-Identifier: MIT
#
# The firmware: its parts as lists of objects, without $(B)/obj/ before them
# (normal) or $(B)/obj-san/ (with sanitizers, for tests).

firmware_objs = $(patsubst %.c,%.o,$(sort $(wildcard firmware/$(1)/*.c)))
san = $(addprefix $(B)/obj-san/,$(1))
nosan = $(addprefix $(B)/obj/,$(1))

# Engines of SHA-256 that are compiled in; which of them is used, the CPU says.
ifneq ($(filter x86_64-%,$(shell $(CC) -dumpmachine)),)
SHA256_X86 := avx2.o avx512.o shani.o
%/cores/sha256/engine.o: override CPPFLAGS += -DSHA256_X86
%/cores/sha256/shani.o: override CPPFLAGS += -msse4.1 -msha
%/cores/sha256/avx2.o: override CPPFLAGS += -mavx2
%/cores/sha256/avx512.o: override CPPFLAGS += -mavx512f -mavx512vl \
	-mavx512bw -mavx512dq
%/tests/lms_lowered.o: override CPPFLAGS += -mavx2 -Wno-psabi
# Registers are given out better.
%/cores/sha256/avx2.o %/cores/sha256/avx512.o: override CFLAGS += -O3
LMS_LOWERED := firmware/tests/lms_lowered.o
endif

FIRMWARE_KEYSTORE_OBJS := $(call firmware_objs,keystore)
FIRMWARE_CORES_OBJS := $(call firmware_objs,cores/openssl)
FIRMWARE_FPGA_OBJS := $(call firmware_objs,cores/fpga)
FIRMWARE_SHA256_OBJS := $(addprefix firmware/cores/sha256/,$(SHA256_X86) \
	engine.o many.o portable.o)
FIRMWARE_HASHSIG_OBJS := $(call firmware_objs,hashsig)
FIRMWARE_HSM_OBJS := $(call firmware_objs,hsm) $(call firmware_objs,backup) \
	$(call firmware_objs,vaultkeys)
# The HSM wholly, but for its platform.
FIRMWARE_ALL_OBJS := $(FIRMWARE_HSM_OBJS) $(FIRMWARE_HASHSIG_OBJS) \
	$(FIRMWARE_SHA256_OBJS) $(FIRMWARE_CORES_OBJS) $(FIRMWARE_FPGA_OBJS) \
	$(FIRMWARE_KEYSTORE_OBJS)

# --- keystore ------------------------------------------------------------

KS_TEST_OBJS := $(addprefix firmware/tests/,ks_model.o nor.o) \
	$(FIRMWARE_KEYSTORE_OBJS)
KS_TESTS := $(addprefix $(B)/test/,ks_test ks_cells ks_space ks_powerloss \
	ks_soak ks_hostile)
HOST_TESTS += $(KS_TESTS) $(B)/test/ks_mutants

$(KS_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o \
		$(call san,$(KS_TEST_OBJS))
	$(call link,$(CFLAGS_SAN))

# The power loss test and a keystore that makes mistakes for it to find.
$(B)/test/ks_mutants: $(addprefix $(B)/obj-san/mutants/,$(KS_TEST_OBJS) \
		firmware/tests/ks_powerloss.o)
	$(call link,$(CFLAGS_SAN))

$(B)/obj-san/mutants/%.o: %.c
	$(call compile,$(CFLAGS_SAN) -DKS_MUTATIONS)

# --- cores ---------------------------------------------------------------

CORE_TESTS := $(addprefix $(B)/test/,core_test core_cipher_test \
	core_key_test core_oaep_test core_symmetric_test)
HOST_TESTS += $(CORE_TESTS)

$(CORE_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o \
		$(call san,$(FIRMWARE_CORES_OBJS))
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

# The same vectors for keys whose value is elsewhere.
ELSEWHERE_TESTS := $(addprefix $(B)/test/,core_elsewhere_test \
	core_elsewhere_symmetric_test)
HOST_TESTS += $(ELSEWHERE_TESTS)
$(B)/test/core_elsewhere_test: $(call san,firmware/tests/core_cipher_test.o)
$(B)/test/core_elsewhere_symmetric_test: \
		$(call san,firmware/tests/core_symmetric_test.o)
$(ELSEWHERE_TESTS): $(call san,firmware/tests/core_elsewhere.o \
		$(FIRMWARE_CORES_OBJS))
	$(call link,$(CFLAGS_SAN) -Wl$(comma)--wrap=core_key_from_raw$(comma)--wrap=core_key_raw,\
		-lcrypto -pthread)

# --- the FPGA ----------------------------------------------------------------

# As a program: quick, and with sanitizers.
FPGA_MODEL_OBJS := $(addprefix firmware/tests/,fpga_board_model.o \
	fpga_model.o fpga_model_tree.o fpga_model_vault.o)
FPGA_TESTS := $(addprefix $(B)/test/,fpga_test fpga_tree_test fpga_faults_test)
HOST_TESTS += $(FPGA_TESTS)

$(FPGA_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o \
		$(call san,$(FPGA_MODEL_OBJS) firmware/tests/fpga_faults.o \
		$(FIRMWARE_FPGA_OBJS) $(addprefix firmware/hashsig/,\
		merkle.o ots.o verify.o) $(FIRMWARE_CORES_OBJS)) \
		$(call nosan,$(FIRMWARE_SHA256_OBJS))
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

# --- backup ----------------------------------------------------------------

HOST_TESTS += $(B)/test/shares_test

$(B)/test/shares_test: $(call san,firmware/tests/shares_test.o \
		firmware/backup/shares.o $(FIRMWARE_CORES_OBJS))
	$(call link,$(CFLAGS_SAN),-lcrypto -lgfshare -pthread)

# --- hashsig: mathematics --------------------------------------------------

FIRMWARE_LMS_OBJS := $(addprefix firmware/hashsig/,merkle.o ots.o verify.o) \
	$(FIRMWARE_SHA256_OBJS)

LMS_TESTS := $(addprefix $(B)/test/,lms_engine lms_test lms_verify)
HOST_TESTS += $(LMS_TESTS)

$(LMS_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o \
		$(call san,$(FIRMWARE_LMS_OBJS) $(LMS_LOWERED) \
		$(FIRMWARE_CORES_OBJS))
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

# On a stack of its own, as the product has it: without sanitizers.
HOST_TESTS += $(B)/test/lms_traces
$(B)/test/lms_traces: $(call nosan,firmware/tests/lms_traces.o \
		$(FIRMWARE_LMS_OBJS) $(LMS_LOWERED) $(FIRMWARE_CORES_OBJS))
	$(call link,$(CFLAGS),-lcrypto -pthread)

# --- hashsig: keys in memory ----------------------------------------------

# Where memory runs out it is ours: libcrypto has its own here.
HSS_TEST_OBJS := $(call san,$(FIRMWARE_HASHSIG_OBJS) $(FIRMWARE_SHA256_OBJS) \
	$(filter-out %/memory.o,$(FIRMWARE_CORES_OBJS)) \
	$(FIRMWARE_KEYSTORE_OBJS) firmware/tests/nor.o)

HSS_TESTS := $(addprefix $(B)/test/,hss_fault hss_life \
	hss_seeds hss_threads)
HOST_TESTS += $(HSS_TESTS)

$(HSS_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o $(HSS_TEST_OBJS)
	$(call link,$(CFLAGS_SAN) $(HSS_TEST_WRAP),-lcrypto -pthread)

$(B)/test/hss_fault: HSS_TEST_WRAP := -Wl,--wrap=calloc,--wrap=malloc \
	-Wl,--wrap=core_random

# Every allocation seen, and a stack as the product has it.
HOST_TESTS += $(B)/test/hss_secrets
$(B)/test/hss_secrets: $(call nosan,$(FIRMWARE_HASHSIG_OBJS) \
		$(FIRMWARE_SHA256_OBJS) $(FIRMWARE_CORES_OBJS) \
		$(FIRMWARE_KEYSTORE_OBJS) $(addprefix firmware/tests/,\
		hss_secrets.o hs_heap.o nor.o))
	$(call link,$(CFLAGS) $(HS_HEAP_WRAP) $(HSS_RANDOM_WRAP),-lcrypto -pthread)
HSS_RANDOM_WRAP := -Wl,--wrap=core_random

# And of two HSMs when keys have moved.
HOST_TESTS += $(B)/test/move_secrets
$(B)/test/move_secrets: $(call nosan,$(FIRMWARE_ALL_OBJS) $(addprefix \
		firmware/tests/,move_secrets.o hs_heap.o hsm_box.o nor.o))
	$(call link,$(CFLAGS) $(HS_HEAP_WRAP) $(MOVE_SECRETS_WRAP),\
		-lcrypto -pthread)
MOVE_SECRETS_WRAP := -Wl,--wrap=core_random,--wrap=core_wrap

# With the thread sanitizer what threads share; the rest only computes.
HOST_TESTS += $(B)/test/hss_races
HSS_RACES_FLAGS := $(CFLAGS) -fsanitize=thread

$(B)/test/hss_races: $(addprefix $(B)/obj-san/races/,$(FIRMWARE_HASHSIG_OBJS) \
		$(FIRMWARE_KEYSTORE_OBJS) firmware/tests/hss_threads.o \
		firmware/tests/nor.o) $(call nosan,$(FIRMWARE_SHA256_OBJS) \
		$(FIRMWARE_CORES_OBJS))
	$(call link,$(HSS_RACES_FLAGS),-lcrypto -pthread)

$(B)/obj-san/races/%.o: %.c
	$(call compile,$(HSS_RACES_FLAGS))

# Tall trees with one-time keys that cost little.
HOST_TESTS += $(addprefix $(B)/test/,hss_memory hss_move hss_tall)
HSS_TALL_WRAP := -Wl,--wrap=root_read_top
HSS_SMALL_OBJS := $(FIRMWARE_HASHSIG_OBJS) $(FIRMWARE_KEYSTORE_OBJS)

$(B)/test/hss_tall: $(addprefix $(B)/obj-san/small/,$(HSS_SMALL_OBJS) \
		firmware/tests/hss_tall.o) $(call san,$(FIRMWARE_SHA256_OBJS) \
		$(FIRMWARE_CORES_OBJS) firmware/tests/nor.o)
	$(call link,$(CFLAGS_SAN) $(HSS_TALL_WRAP),-lcrypto)

$(B)/test/hss_move: $(addprefix $(B)/obj-san/small/,$(HSS_SMALL_OBJS) \
		firmware/tests/hss_move.o) $(call san,$(FIRMWARE_SHA256_OBJS) \
		$(FIRMWARE_CORES_OBJS) firmware/tests/nor.o)
	$(call link,$(CFLAGS_SAN),-lcrypto)

$(B)/test/hss_memory: $(addprefix $(B)/obj/small/,$(HSS_SMALL_OBJS) \
		firmware/tests/hss_memory.o) $(call nosan,$(FIRMWARE_SHA256_OBJS) \
		$(FIRMWARE_CORES_OBJS) firmware/tests/nor.o)
	$(call link,$(CFLAGS) $(HS_HEAP_WRAP),-lcrypto)

$(B)/obj/small/%.o: %.c
	$(call compile,$(CFLAGS) -DLMS_TEST_HEIGHTS)

# --- hashsig: root trees in flash ------------------------------------------

FIRMWARE_ROOT_OBJS := $(addprefix firmware/hashsig/,adopt.o anchor.o body.o \
	cells.o frontier.o kekek.o outbox.o park.o record.o recover.o rekey.o \
	root.o seeds.o split.o top.o)

ROOT_TESTS := $(addprefix $(B)/test/,root_cut root_format root_hostile \
	root_move root_move_cut root_move_rot root_rot root_space root_test)
HOST_TESTS += $(ROOT_TESTS)

$(ROOT_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o \
		$(call san,$(FIRMWARE_ROOT_OBJS) \
		$(FIRMWARE_LMS_OBJS) $(FIRMWARE_CORES_OBJS) \
		$(FIRMWARE_KEYSTORE_OBJS) firmware/tests/nor.o)
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

# --- hashsig: proof that no leaf signs twice ------------------------------

# Trees of four leaves, ideal cores, every allocation seen.
HS_HEAP_WRAP := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free
HS_ROOT_OBJS := $(FIRMWARE_ROOT_OBJS) $(addprefix firmware/hashsig/,merkle.o \
	ots.o) $(FIRMWARE_KEYSTORE_OBJS)
HS_BOX_OBJS := $(addprefix firmware/tests/,hs_box.o hs_cores.o hs_explore.o \
	hs_heap.o hs_ledger.o hs_memo.o hs_scenarios.o nor.o) $(HS_ROOT_OBJS)

HS_TESTS := $(addprefix $(B)/test/,hs_hostile hs_powerloss hs_soak)
HS_MUTANTS := $(addprefix $(B)/test/,hs_mutants hs_hostile_mutants)
HOST_TESTS += $(HS_TESTS) $(HS_MUTANTS)

$(HS_TESTS): $(B)/test/%: $(B)/obj-san/small/firmware/tests/%.o \
		$(addprefix $(B)/obj-san/small/,$(HS_BOX_OBJS)) \
		$(call san,$(FIRMWARE_SHA256_OBJS))
	$(call link,$(CFLAGS_SAN) $(HS_HEAP_WRAP),)

# And of HSS keys, lower trees and all.
HOST_TESTS += $(B)/test/hss_powerloss

$(B)/test/hss_powerloss: $(addprefix $(B)/obj-san/small/,\
		$(FIRMWARE_HASHSIG_OBJS) $(FIRMWARE_KEYSTORE_OBJS) \
		$(addprefix firmware/tests/,hss_powerloss.o hs_box.o \
		hs_cores.o hs_heap.o hs_ledger.o nor.o)) \
		$(call san,$(FIRMWARE_SHA256_OBJS))
	$(call link,$(CFLAGS_SAN) $(HS_HEAP_WRAP),)

# The same for keys whose keeper makes mistakes for them to find.
$(HS_MUTANTS): $(addprefix $(B)/obj-san/small-mutants/,$(HS_BOX_OBJS)) \
		$(call san,$(FIRMWARE_SHA256_OBJS))
	$(call link,$(CFLAGS_SAN) $(HS_HEAP_WRAP),)

$(B)/test/hs_mutants: $(B)/obj-san/small-mutants/firmware/tests/hs_mutants.o
$(B)/test/hs_hostile_mutants: \
		$(B)/obj-san/small-mutants/firmware/tests/hs_hostile.o

# And of two HSMs that give keys to each other, and mistakes in that.
BK_OBJS := $(addprefix firmware/tests/,bk_box.o bk_explore.o bk_ledger.o \
	bk_scripts.o bk_steps.o hs_cores.o hs_heap.o hs_ledger.o hs_memo.o \
	nor.o) $(HS_ROOT_OBJS)
HOST_TESTS += $(addprefix $(B)/test/,bk_crash bk_mutants)

# Millions of states, as fast as can be; with sanitizers it is bk_mutants.
$(B)/test/bk_crash: $(addprefix $(B)/obj/small/,$(BK_OBJS) \
		firmware/tests/bk_crash.o) $(call nosan,$(FIRMWARE_SHA256_OBJS))
	$(call link,$(CFLAGS) $(HS_HEAP_WRAP),)

$(B)/test/bk_mutants: $(addprefix $(B)/obj-san/small-mutants/,$(BK_OBJS) \
		firmware/tests/bk_mutants.o) \
		$(call san,$(FIRMWARE_SHA256_OBJS))
	$(call link,$(CFLAGS_SAN) $(HS_HEAP_WRAP),)

$(B)/obj-san/small/%.o: %.c
	$(call compile,$(CFLAGS_SAN) -DLMS_TEST_HEIGHTS)

$(B)/obj-san/small-mutants/%.o: %.c
	$(call compile,$(CFLAGS_SAN) -DLMS_TEST_HEIGHTS -DHS_MUTATIONS \
		-DKS_MUTATIONS)

# --- hsm ---------------------------------------------------------------------

# Trees are computed plainly: they have tests of their own, and take long.
HSM_TEST_OBJS := $(call san,$(FIRMWARE_HSM_OBJS) $(FIRMWARE_HASHSIG_OBJS) \
	$(FIRMWARE_CORES_OBJS) $(FIRMWARE_FPGA_OBJS) $(FIRMWARE_KEYSTORE_OBJS) \
	$(addprefix firmware/tests/,hsm_box.o hsm_flash.o hsm_message.o nor.o)) \
	$(call nosan,$(FIRMWARE_SHA256_OBJS))

HSM_TESTS := $(addprefix $(B)/test/,hsm_clients hsm_hostile hsm_pin \
	hsm_pin_cut hsm_rights hsm_start hsm_test hsm_threads)
HOST_TESTS += $(HSM_TESTS)

$(HSM_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o $(HSM_TEST_OBJS)
	$(call link,$(CFLAGS_SAN) $(HSM_TEST_WRAP),-lcrypto -pthread)

# Keys: the same box, other functions.
KEY_TESTS := $(addprefix $(B)/test/,key_attr_test key_cipher_test key_mac_test \
	key_fn_test key_store_test key_test key_threads key_transfer_test)
HOST_TESTS += $(KEY_TESTS)

$(KEY_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o $(HSM_TEST_OBJS)
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

# Keys on the way: two boxes.
BACKUP_TESTS := $(addprefix $(B)/test/,backup_device backup_fixtures backup_legacy \
	backup_legacy_hss \
	backup_hashsig backup_refuse backup_transfer)
HOST_TESTS += $(BACKUP_TESTS)

$(BACKUP_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o $(HSM_TEST_OBJS)
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

# What packages that do not open cost, at the border to libcrypto.
FAILURES_WRAP = $(foreach f,EVP_PKEY_decrypt EVP_PKEY_verify EVP_PKEY_sign \
	EVP_DigestUpdate EVP_DigestFinal_ex EVP_Digest EVP_CipherUpdate \
	core_random,-Wl$(comma)--wrap=$(f))
FAILURES_TESTS := $(addprefix $(B)/test/,backup_failures backup_raw_failures)
HOST_TESTS += $(FAILURES_TESTS)

$(FAILURES_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o \
		$(HSM_TEST_OBJS) $(call san,firmware/platform/sim/background.o)
	$(call link,$(CFLAGS_SAN) $(FAILURES_WRAP),-lcrypto -pthread)

# Every role, key and function there is.
HOST_TESTS += $(B)/test/key_matrix

$(B)/test/key_matrix: $(B)/obj-san/firmware/tests/key_matrix.o $(HSM_TEST_OBJS)
	$(call link,$(CFLAGS_SAN) -Wl$(comma)--wrap=core_key_generate,-lcrypto \
		-pthread)

# Hash signature keys: with the process's background threads.
HASHSIG_TESTS := $(addprefix $(B)/test/,backup_lost backup_master backup_parked backup_raw \
	backup_master_cut backup_slots backup_threads \
	hashsig_jobs hashsig_move hashsig_once \
	hashsig_restart hashsig_test hashsig_threads)
HOST_TESTS += $(HASHSIG_TESTS)

$(HASHSIG_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o \
		$(call san,firmware/platform/sim/background.o) $(HSM_TEST_OBJS)
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

# The same under the thread sanitizer, as hss_races above; cores with it, since
# keys go from thread to thread.
HASHSIG_RACES := $(addprefix $(B)/test/,backup_races hashsig_races)
HOST_TESTS += $(HASHSIG_RACES)

$(HASHSIG_RACES): $(B)/test/%_races: $(B)/obj-san/races/firmware/tests/%_threads.o \
		$(addprefix $(B)/obj-san/races/,$(FIRMWARE_HSM_OBJS) \
		$(FIRMWARE_HASHSIG_OBJS) $(FIRMWARE_KEYSTORE_OBJS) \
		$(FIRMWARE_CORES_OBJS) $(FIRMWARE_FPGA_OBJS) \
		firmware/platform/sim/background.o $(addprefix firmware/tests/,\
		hsm_box.o hsm_flash.o nor.o)) \
		$(call nosan,$(FIRMWARE_SHA256_OBJS))
	$(call link,$(HSS_RACES_FLAGS),-lcrypto -pthread)

# Keys of the FPGA's vault: the same box with an FPGA that is a program.
VAULT_TESTS := $(addprefix $(B)/test/,vault_crash vault_hss vault_refuse)
HOST_TESTS += $(VAULT_TESTS)

$(VAULT_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o \
		$(call san,firmware/platform/sim/background.o \
		$(FPGA_MODEL_OBJS)) $(HSM_TEST_OBJS)
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

# And what its memory holds: as the product has it, no sanitizer between.
HOST_TESTS += $(B)/test/vault_secrets
$(B)/test/vault_secrets: $(call nosan,$(FIRMWARE_ALL_OBJS) \
		firmware/platform/sim/background.o $(addprefix firmware/tests/,\
		vault_secrets.o fpga_model.o fpga_model_tree.o \
		fpga_model_vault.o hsm_box.o hsm_flash.o nor.o))
	$(call link,$(CFLAGS),-lcrypto -pthread)

# It looks at the flash at the moment when a PIN is looked at.
$(B)/test/hsm_pin_cut: HSM_TEST_WRAP := -Wl,--wrap=core_pbkdf2

# --- platform sim ------------------------------------------------------------

FIRMWARE_SIM_OBJS := $(filter-out %/fpga_nosim.o,\
	$(call firmware_objs,platform/sim))
# The design itself, if Verilator can compile it.
ifneq ($(shell command -v verilator),)
FPGA_SIM := $(B)/obj/firmware/platform/sim/fpga_sim.o
FPGA_SIM_LIBS := $(B)/fpga/model/hsm_top/libmodel.a $(B)/fpga/verilated.a
FPGA_SIM_LINK := -lstdc++ -lm

$(FPGA_SIM_LIBS) &: $(wildcard fpga/*/rtl/*.v fpga/*/rtl/*.vh fpga/regs/*.vh)
	+@$(MAKE) -s -C fpga $(addprefix ../,$(FPGA_SIM_LIBS))
	@touch $(FPGA_SIM_LIBS)

$(FPGA_SIM): firmware/platform/sim/fpga_sim.cpp $(wildcard fpga/*/tb/*.h) \
		| $(FPGA_SIM_LIBS)
	@mkdir -p $(@D); $(call note,CXX)
	@g++ $(CPPFLAGS) -O2 -g -std=gnu++17 -Wall -Wextra -Werror \
		-isystem $(B)/fpga/model/hsm_top \
		-isystem $$(verilator --getenv VERILATOR_ROOT)/include \
		-MMD -MP -c -o $@ $<
else
FPGA_SIM := $(B)/obj/firmware/platform/sim/fpga_nosim.o
endif
# What test peers share.
SIM_PEER_OBJS := $(addprefix firmware/platform/sim/,files.o keeper.o \
	keeper_link.o log.o loop.o mailbox.o)

BINS += $(B)/bin/cryptech-hsm

$(B)/bin/cryptech-hsm: $(call nosan,$(FIRMWARE_SIM_OBJS) $(FIRMWARE_ALL_OBJS)) \
		$(FPGA_SIM) $(FPGA_SIM_LIBS)
	$(call link,$(CFLAGS),-lcrypto -pthread $(FPGA_SIM_LINK))

# The ports in front of a double that is no HSM, with sanitizers.
$(B)/test/sim_double: $(call san,$(FIRMWARE_SIM_OBJS) $(FIRMWARE_FPGA_OBJS) \
		$(FIRMWARE_CORES_OBJS) firmware/platform/sim/fpga_nosim.o \
		firmware/tests/sim_double.o)
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

SIM_BOX_OBJS := $(call san,$(addprefix firmware/tests/,sim_box.o sim_peers.o))

# The real one.
$(B)/test/cryptech-hsm-san: $(call san,$(FIRMWARE_SIM_OBJS) \
		$(FIRMWARE_ALL_OBJS) firmware/platform/sim/fpga_nosim.o)
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

# A whole HSM that tells the test beside it every secret that it has.
HS_TAP_WRAP := -Wl,--wrap=core_random,--wrap=core_wrap

$(B)/test/cryptech-hsm-tapped: $(call nosan,$(FIRMWARE_SIM_OBJS) \
		$(FIRMWARE_ALL_OBJS) firmware/platform/sim/fpga_nosim.o \
		firmware/tests/hs_tap.o)
	$(call link,$(CFLAGS) $(HS_TAP_WRAP),-lcrypto -pthread)

HOST_TESTS += $(B)/test/hs_memory

$(B)/test/hs_memory: $(call san,$(addprefix firmware/tests/,hs_memory.o \
		hs_ledger.o nor.o) $(addprefix firmware/hashsig/,merkle.o \
		ots.o seeds.o) $(FIRMWARE_SHA256_OBJS) $(FIRMWARE_CORES_OBJS)) \
		$(SIM_BOX_OBJS) | $(B)/test/cryptech-hsm-tapped
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

SIM_TESTS := $(addprefix $(B)/test/,sim_crash sim_fake sim_mailbox sim_socket)
HOST_TESTS += $(addprefix $(B)/test/,sim_loop sim_slip sim_state) $(SIM_TESTS)

$(SIM_TESTS): $(B)/test/%: $(B)/obj-san/firmware/tests/%.o $(SIM_BOX_OBJS) \
		| $(addprefix $(B)/test/,cryptech-hsm-san fakehsm sim_double)
	$(call link,$(CFLAGS_SAN),-pthread)

$(B)/test/sim_loop: $(call san,firmware/tests/sim_loop.o \
		firmware/platform/sim/loop.o)
	$(call link,$(CFLAGS_SAN),)

$(B)/test/sim_slip: $(call san,firmware/tests/sim_slip.o)
	$(call link,$(CFLAGS_SAN),)

$(B)/test/sim_state: $(call san,$(addprefix firmware/tests/,sim_state.o \
		sim_box.o) $(addprefix firmware/platform/sim/,anchor_file.o \
		background.o files.o flash_file.o log.o state.o))
	$(call link,$(CFLAGS_SAN),-pthread)

# An HSM whose FPGA is a program.
HOST_TESTS += $(B)/test/sim_fpga

SIM_FPGA_OBJS := $(call san,$(addprefix firmware/tests/,sim_fpga.o sim_box.o) \
	$(addprefix firmware/platform/sim/,anchor_file.o background.o files.o \
	flash_file.o fpga.o fpga_master.o fpga_spidev.o log.o state.o) \
	$(filter-out $(FIRMWARE_SHA256_OBJS),$(FIRMWARE_ALL_OBJS))) \
	$(call nosan,$(FIRMWARE_SHA256_OBJS))

$(B)/test/sim_fpga: $(SIM_FPGA_OBJS) $(call san,$(addprefix firmware/tests/,\
		fpga_sim_model.o $(notdir $(filter-out %/fpga_board_model.o,\
		$(FPGA_MODEL_OBJS)))))
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread)

# The tests of cores/fpga once more, on the design itself.
ifdef FPGA_SIM_LIBS
FPGA_RTL_TESTS := $(addprefix $(B)/test/rtl_,fpga_test fpga_tree_test)
HOST_TESTS += $(FPGA_RTL_TESTS) $(B)/test/rtl_sim_fpga

$(FPGA_RTL_TESTS): $(B)/test/rtl_%: $(B)/obj-san/firmware/tests/%.o \
		$(call san,firmware/tests/fpga_board_rtl.o \
		$(FIRMWARE_FPGA_OBJS) $(addprefix firmware/hashsig/,\
		merkle.o ots.o verify.o) $(FIRMWARE_CORES_OBJS)) \
		$(call nosan,$(FIRMWARE_SHA256_OBJS)) \
		$(FPGA_SIM) $(FPGA_SIM_LIBS)
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread $(FPGA_SIM_LINK))

# And keys of its vault.
HOST_TESTS += $(B)/test/rtl_vault_hss
$(B)/test/rtl_vault_hss: $(B)/obj-san/slow/firmware/tests/vault_hss.o \
		$(call san,firmware/tests/fpga_board_rtl.o \
		firmware/platform/sim/background.o) $(HSM_TEST_OBJS) \
		$(FPGA_SIM) $(FPGA_SIM_LIBS)
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread $(FPGA_SIM_LINK))

$(B)/obj-san/slow/%.o: %.c
	$(call compile,$(CFLAGS_SAN) -DSLOW_BOARD)

$(B)/test/rtl_sim_fpga: $(SIM_FPGA_OBJS) $(FPGA_SIM) $(FPGA_SIM_LIBS)
	$(call link,$(CFLAGS_SAN),-lcrypto -pthread $(FPGA_SIM_LINK))
endif
