// SPDX-License-Identifier: MIT
/*
 * hashsig_bench [--full] [ENGINE...]
 *
 * What the mathematics of hash signatures costs, on one core and without
 * anything around it, beside the raw SHA-256 compressions a second of the same
 * engine in the same run: the better of independent blocks and of long chains.
 * (An engine that knows that it computes chains need not do all of each
 * compression.) A signature that does not verify ends the run. The percentage
 * is of what raw compressions alone would allow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../firmware/cores/sha256.h"
#include "../../firmware/tests/lms_key.h"

static double seconds = 0.5;	/* for each figure that is a rate */

/* Time that this core was ours: others may be at work, too. */
static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "hashsig_bench: %s\n", what);
	exit(1);
}

/*
 * How many times a second. The best of many short spells, as what else the
 * machine does makes some of them slow, and none fast.
 */
#define SPELLS	25

static double rate(void (*once)(void *data), void *data)
{
	double best = 0;

	for (int i = 0; i < SPELLS; i++) {
		double start = now(), end;
		unsigned long times = 0;

		do {
			once(data);
			times++;
			end = now();
		} while (end - start < seconds / SPELLS);
		if (times / (end - start) > best)
			best = times / (end - start);
	}
	return best;
}

/* --- compressions -------------------------------------------------------- */

#define BLOCKS	64

static uint32_t state[BLOCKS][8];
static uint8_t block[BLOCKS][64];

static void compress_once(void *data)
{
	const struct sha256_engine *engine = data;

	engine->compress(state, (const uint8_t (*)[64])block, BLOCKS);
}

#define CHAINS	64
#define STEPS	255

static void chains_once(void *data)
{
	static struct sha256_chain chain[CHAINS];

	(void)data;
	for (unsigned int i = 0; i < CHAINS; i++)
		chain[i] = (struct sha256_chain){
			block[i], (uint8_t *)state[i], 0, STEPS
		};
	sha256_chains(chain, CHAINS, 32);
}

/* --- keys ---------------------------------------------------------------- */

/* By heights: how long key generation takes; compressions of it. */
static double leaf_cost(const struct lms_params *params)
{
	unsigned int blocks = (22 + params->p * params->n + 9 + 63) / 64;

	return params->p * (double)(1u << params->w) + blocks + 1;
}

static void set_key(struct lms_key *key, unsigned int h, unsigned int w)
{
	if (!lms_params_of(&key->params, 32, h, w))
		die("no such set");
	memset(key->id, 0xa5, sizeof(key->id));
	memset(key->seed, 0x5a, sizeof(key->seed));
}

static void generation(unsigned int h, unsigned int w, double raw)
{
	struct lms_key key;
	double took = 0, work;

	set_key(&key, h, w);
	for (unsigned int i = 0; i < (h > 10 ? 1 : SPELLS); i++) {
		double start = now(), end;

		lms_key_make(&key);
		end = now();
		lms_key_free(&key);
		if (!i || end - start < took)
			took = end - start;
	}
	work = leaf_cost(&key.params) * (1u << h) + 2.0 * (1u << h);
	printf("  generate H%u/W%-2u      %12.4f s %10.1f %% of raw\n", h, w,
	       took, 100 * work / took / raw);
}

/* --- signatures ------------------------------------------------------------ */

#define SIGNATURES	32	/* of different messages */

struct bench {
	struct lms_key key;
	unsigned int next;
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];
	uint8_t signature[SIGNATURES][CRYPTECH_HSS_SIGNATURE_MAX];
};

static void sign_once(void *data)
{
	struct bench *b = data;
	uint32_t q = b->next++ % SIGNATURES;

	if (!lms_key_sign(&b->key, q, &q, sizeof(q), b->signature[q] + 4))
		die("wrong chains");
}

static void verify_once(void *data)
{
	struct bench *b = data;
	uint32_t q = b->next++ % SIGNATURES;
	struct hss_verify *verify;

	if (hss_verify_begin(&verify, b->public,
			     4 + lms_public_size(&b->key.params),
			     b->signature[q],
			     hss_signature_size(&b->key.params, 1)) ||
	    hss_verify_update(verify, &q, sizeof(q)) ||
	    hss_verify_final(verify))
		die("a good signature does not verify");
}

/* Compressions of the average signature's verification. */
static double verify_cost(const struct lms_params *params)
{
	unsigned int blocks = (22 + params->p * params->n + 9 + 63) / 64;

	return params->p * ((1u << params->w) - 1) / 2.0 + blocks + 1 +
	       2 * params->h + 2;
}

static void signatures(unsigned int h, unsigned int w, double raw)
{
	static struct bench b;
	double signs, verifies;

	memset(&b, 0, sizeof(b));
	set_key(&b.key, h, w);
	lms_key_make(&b.key);
	lms_key_u32(b.public, 1);
	lms_key_public(&b.key, b.public + 4);
	for (unsigned int i = 0; i < SIGNATURES; i++)
		sign_once(&b);
	signs = rate(sign_once, &b);
	verifies = rate(verify_once, &b);
	printf("  sign H%u/W%-2u          %12.0f /s %9.1f %% of raw\n", h, w,
	       signs, 100 * signs * leaf_cost(&b.key.params) / raw);
	printf("  verify H%u/W%-2u        %12.0f /s %9.1f %% of raw\n", h, w,
	       verifies, 100 * verifies * verify_cost(&b.key.params) / raw);
	lms_key_free(&b.key);
}

static void engine(const struct sha256_engine *engine, bool full)
{
	double raw, blocks, chains;

	if (!sha256_use(engine->name)) {
		printf("%s: not on this CPU\n", engine->name);
		return;
	}
	blocks = BLOCKS * rate(compress_once, (void *)engine);
	chains = CHAINS * STEPS * rate(chains_once, NULL);
	raw = blocks > chains ? blocks : chains;
	printf("%s\n", engine->name);
	printf("  compressions: blocks %12.2f M/s\n", blocks / 1e6);
	printf("                chains %12.2f M/s\n", chains / 1e6);
	generation(10, 4, raw);
	generation(15, 4, raw);
	if (full)
		generation(20, 4, raw);
	signatures(10, 4, raw);
	signatures(10, 8, raw);
}

static void heading(void)
{
	char line[256], cpu[128] = "unknown CPU";
	FILE *info = fopen("/proc/cpuinfo", "r");

	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "model name : %127[^\n]", cpu) == 1)
			break;
	if (info)
		fclose(info);
	printf("hash signatures in memory, one core of %s; engine of choice: %s\n",
	       cpu, sha256_engine()->name);
}

int main(int argc, char **argv)
{
	bool full = false, named = false;

	heading();
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--full"))
			full = true;
		else
			named = true;
	}
	for (unsigned int e = 0; sha256_engines[e]; e++) {
		bool wanted = !named;

		for (int i = 1; i < argc; i++)
			wanted |= !strcmp(argv[i], sha256_engines[e]->name);
		if (wanted)
			engine(sha256_engines[e], full);
	}
	return 0;
}
