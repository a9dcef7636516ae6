// SPDX-License-Identifier: MIT
/*
 * Which engine computes.
 */
#include "internal.h"

#include <stdatomic.h>

/* The fastest first. */
const struct sha256_engine *const sha256_engines[] = {
#ifdef SHA256_X86
	&sha256_avx512,
	&sha256_shani,
	&sha256_avx2,
#endif
	&sha256_portable,
	&sha256_lowered,	/* if it is there, in tests; or NULL */
	NULL
};

/*
 * Threads that find them unset at the same time come to the same choice, so
 * nothing has to be locked.
 */
static _Atomic(const struct sha256_engine *) chosen, narrow;

const struct sha256_engine *sha256_engine(void)
{
	const struct sha256_engine *engine = atomic_load_explicit(
		&chosen, memory_order_relaxed);

	for (unsigned int i = 0; !engine; i++) {
		if (!sha256_engines[i]->usable())
			continue;
		engine = sha256_engines[i];
		atomic_store_explicit(&chosen, engine, memory_order_relaxed);
	}
	return engine;
}

const struct sha256_engine *sha256_narrow(void)
{
	const struct sha256_engine *engine = atomic_load_explicit(
		&narrow, memory_order_relaxed);

	if (engine)
		return engine;
	engine = &sha256_portable;
#ifdef SHA256_X86
	if (sha256_shani.usable())
		engine = &sha256_shani;
#endif
	atomic_store_explicit(&narrow, engine, memory_order_relaxed);
	return engine;
}

bool sha256_use(const char *name)
{
	for (unsigned int i = 0; sha256_engines[i]; i++) {
		if (strcmp(sha256_engines[i]->name, name) ||
		    !sha256_engines[i]->usable())
			continue;
		atomic_store_explicit(&chosen, sha256_engines[i],
				      memory_order_relaxed);
		return true;
	}
	return false;
}

void sha256_chains(const struct sha256_chain *chains, size_t count,
		   unsigned int n)
{
	sha256_engine()->chains(chains, count, n);
}

/*
 * More than the deepest frames of engines with sixteen lanes, and of others;
 * tests/lms_traces looks whether it is enough. Stacks grow downwards.
 */
#define BURN_WIDE	(12 * 1024)
#define BURN_NARROW	(7 * 1024)

__attribute__((noinline)) void sha256_burn(void)
{
	uint8_t below[BURN_WIDE];
	size_t size = sha256_engine()->lanes > 8 ? BURN_WIDE : BURN_NARROW;

	core_wipe(below + BURN_WIDE - size, size);
}
