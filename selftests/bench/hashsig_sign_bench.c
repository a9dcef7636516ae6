// SPDX-License-Identifier: MIT
/*
 * hashsig_sign_bench [SIGNATURES]
 *
 * Signing with whole keys from memory, without RPC: a leaf is taken and spent,
 * the chains are completed and compared, the path is checked. The keystore is on
 * flash in memory; with a reserve of 1,024 leaves it is asked once for a tree
 * (H10), so what durability costs is in none of these figures.
 */
#include <pthread.h>
#include <time.h>

#include "../../firmware/cores/sha256.h"
#include "../../firmware/tests/hss_box.h"

enum { H10 = 0x06, W4 = 3, W8 = 4 };

static struct box box;

static void die(const char *what)
{
	fprintf(stderr, "hashsig_sign_bench: %s\n", what);
	exit(1);
}

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static struct hss *new_key(const uint32_t (*sets)[2], unsigned int levels)
{
	struct root_facts facts;

	facts_of(&facts, CRYPTECH_HASHSIG_PUNCTURED,
		 CRYPTECH_HASHSIG_RESERVE_MAX, sets, levels);
	if (!box_start(&box, 1 << 20))
		die("no keystore");
	return key_new(&box, &facts);
}

static void end_key(struct hss *hss)
{
	hss_free(hss);
	box_stop(&box);
}

/* --- raw ------------------------------------------------------------------------- */

#define BLOCKS	64

static double raw_rate(void)
{
	static uint32_t state[BLOCKS][8];
	static uint8_t block[BLOCKS][64];
	double best = 0;
	unsigned int i, j;

	for (i = 0; i < 3; i++) {
		double start = seconds(CLOCK_PROCESS_CPUTIME_ID), took;

		for (j = 0; j < 50000; j++)
			sha256_engine()->compress(state,
				(const uint8_t (*)[64])block, BLOCKS);
		took = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
		if (j * BLOCKS / took > best)
			best = j * BLOCKS / took;
	}
	return best;
}

/* --- one tree -------------------------------------------------------------------- */

static void one_tree(const char *name, uint32_t lmots, double raw)
{
	const uint32_t sets[][2] = { { H10, lmots } };
	double best = 0;
	uint32_t cost = 0;
	unsigned int i, q;
	size_t len;

	for (i = 0; i < 3; i++) {
		struct hss *hss = new_key(sets, 1);
		double start, took;

		cost = leaf_cost(&hss_facts(hss)->params[0]);
		if (sign(hss, "first", 5, &len))
			die("cannot sign");
		start = seconds(CLOCK_PROCESS_CPUTIME_ID);
		for (q = 1; q < 1024; q++)
			if (sign(hss, &q, sizeof(q), &len))
				die("cannot sign");
		took = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
		if (1023 / took > best)
			best = 1023 / took;
		q--;
		if (!verifies(hss, &q, sizeof(q), len, true))
			die("a signature does not verify");
		end_key(hss);
	}
	printf("  sign %-22s %10.0f /s %9.1f %% of raw\n", name, best,
	       100 * best * cost / raw);
}

/* --- over rollovers --------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool over;

/* What the HSM's background threads do. */
static void *ahead(void *arg)
{
	struct hss *hss = arg;
	struct hss_work *work;

	pthread_mutex_lock(&lock);
	while (!over) {
		work = hss_work_get(hss, HSS_AHEAD);
		if (!work) {
			pthread_cond_wait(&changed, &lock);
			continue;
		}
		pthread_mutex_unlock(&lock);
		hss_work_run(work);
		pthread_mutex_lock(&lock);
		if (hss_work_put(hss, work))
			die("a unit failed");
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static bool waited;

static void sign_locked(struct hss *hss, uint32_t number)
{
	struct hss_leaf *leaf;
	size_t len;
	int error;

	pthread_mutex_lock(&lock);
	while ((error = hss_take(hss, &leaf)) == CRYPTECH_ERR_NOT_READY) {
		waited = true;
		pthread_cond_wait(&changed, &lock);
	}
	if (error)
		die("cannot take a leaf");
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	if (leaf_sign(leaf, &number, sizeof(number), &len))
		die("cannot sign");
	pthread_mutex_lock(&lock);
	hss_leaf_put(hss, leaf);
	pthread_mutex_unlock(&lock);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void print_times(const char *what, double *times, unsigned int count)
{
	qsort(times, count, sizeof(*times), compare);
	printf("    %-24s median %6.3f, 99 %% %6.3f, worst %6.3f ms\n", what,
	       1e3 * times[count / 2], 1e3 * times[count * 99 / 100],
	       1e3 * times[count - 1]);
}

/*
 * Signatures one after the other, over the ends of lower trees, while one
 * thread computes ahead: how long the slowest took, by the clock and of this
 * thread's own time (others may be at work on this machine).
 */
static void rollovers(uint32_t lower, const char *name, unsigned int count)
{
	const uint32_t sets[][2] = { { H10, lower }, { H10, W4 } };
	struct hss *hss = new_key(sets, 2);
	double *clock = calloc(count, sizeof(*clock));
	double *own = calloc(count, sizeof(*own));
	unsigned int i, waits = 0;
	pthread_t thread;

	if (!clock || !own)
		die("no memory");
	work_all(hss, HSS_AHEAD);
	over = false;
	pthread_create(&thread, NULL, ahead, hss);
	for (i = 0; i < count; i++) {
		double start = seconds(CLOCK_MONOTONIC);
		double start_own = seconds(CLOCK_THREAD_CPUTIME_ID);

		waited = false;
		sign_locked(hss, i);
		waits += waited;
		clock[i] = seconds(CLOCK_MONOTONIC) - start;
		own[i] = seconds(CLOCK_THREAD_CPUTIME_ID) - start_own;
	}
	pthread_mutex_lock(&lock);
	over = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	printf("  sign HSS %s, %u times, %u rollovers, waited %u times\n",
	       name, count, (count - 1) / 1024, waits);
	print_times("by the clock", clock, count);
	print_times("of its own time", own, count);
	free(clock);
	free(own);
	end_key(hss);
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 1 ? strtoul(argv[1], NULL, 10) : 5000;
	double raw = raw_rate();

	printf("hash signature keys in memory, engine %s, %.2f M/s raw\n",
	       sha256_engine()->name, raw / 1e6);
	one_tree("H10/W4", W4, raw);
	one_tree("H10/W8", W8, raw);
	rollovers(W4, "10/4,10/4", count);
	rollovers(W8, "10/8,10/4", count);
	plain_ledger_free(&ledger);
	return tap_failed;
}
