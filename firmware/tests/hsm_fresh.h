/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the HSM without its keys share: one box, and calls that
 * they make again and again.
 */
#ifndef TESTS_HSM_FRESH_H
#define TESTS_HSM_FRESH_H

#include "hsm_box.h"
#include "hsm_flash.h"
#include "tap.h"

#define ME	0x1234
#define OTHER	0x5678

static struct box box;

static inline bool blank(bool libhal_compat)
{
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	box.config.libhal_compat = libhal_compat;
	return box_start(&box);
}

/* A fresh HSM with its PINs set. */
static inline bool fresh(void)
{
	return blank(false) && box_init_pins(&box);
}

static inline uint32_t result_u32(void)
{
	return xdr_get_u32(&box.results);
}

static inline const uint8_t *result_opaque(size_t *len)
{
	return xdr_get_opaque(&box.results, len);
}

static inline int login(uint32_t user, const char *pin)
{
	return ask(&box, ME, CRYPTECH_RPC_LOGIN, "us", user, pin);
}

static inline int set_pin(uint32_t user, const char *pin)
{
	return ask(&box, ME, CRYPTECH_RPC_SET_PIN, "us", user, pin);
}

static inline int logged_in(uint32_t word, uint32_t user)
{
	return ask(&box, word, CRYPTECH_RPC_IS_LOGGED_IN, "u", user);
}

static inline uint64_t delay_of_user(void)
{
	return box_status(&box, CRYPTECH_STATUS_PIN_DELAY_USER);
}

static inline int hash_open(uint32_t word, uint32_t digest, const char *key,
			    uint32_t *handle)
{
	int error = ask(&box, word, CRYPTECH_RPC_HASH_INITIALIZE, "uus", 7,
			digest, key);

	*handle = result_u32();
	return error;
}

#endif /* TESTS_HSM_FRESH_H */
