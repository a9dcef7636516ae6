/* SPDX-License-Identifier: MIT */
/*
 * Many threads at one key, with one lock, as the HSM has it: some sign, some
 * do what work there is. Every signature verifies, no one-time key signs twice,
 * and no leaf is missing. Built with the thread sanitizer, too.
 */
#include <pthread.h>

#include "hss_box.h"

enum { H5_24 = 0x0a, H10_24 = 0x0b, H15_24 = 0x0c, H25 = 0x09 };
enum { W4 = 3, W2_24 = 6, W4_24 = 7 };
#define PUNCTURED	CRYPTECH_HASHSIG_PUNCTURED
#define SIGNERS		4
#define WORKERS		2

static struct box box;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct hss *hss;
static enum hss_when when;
static bool over;		/* workers go home */
static unsigned int signatures, units, waits;

/* Lock held. One unit, or wait until something has changed. */
static void unit_or_wait(enum hss_when kind)
{
	struct hss_work *work = hss_work_get(hss, kind);

	if (!work) {
		waits++;
		pthread_cond_wait(&changed, &lock);
		return;
	}
	pthread_mutex_unlock(&lock);
	hss_work_run(work);
	pthread_mutex_lock(&lock);
	EXPECT_EQ(hss_work_put(hss, work), 0);
	units++;
	pthread_cond_broadcast(&changed);
}

static void *worker(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	while (!over)
		unit_or_wait(when);
	pthread_mutex_unlock(&lock);
	return NULL;
}

struct made {
	uint32_t number;
	size_t len;
	uint8_t signature[6000];
};

static struct made *made;	/* all signatures, checked afterwards */

/* A leaf that is taken is signed with and given back, all by this thread. */
static void sign_with(struct hss_leaf *leaf, struct made *m)
{
	uint8_t digest[LMS_N_MAX];
	struct lms_message message;

	EXPECT_EQ(hss_leaf_begin(leaf, &message), 0);
	EXPECT_EQ(lms_message_update(&message, &m->number, 4), 0);
	EXPECT_EQ(lms_message_final(&message, digest), 0);
	EXPECT_EQ(hss_leaf_sign(leaf, digest, m->signature,
				sizeof(m->signature), &m->len), 0);
}

static void *signer(void *arg)
{
	struct hss_leaf *leaf;
	int error;

	(void)arg;
	pthread_mutex_lock(&lock);
	for (;;) {
		struct made *m;

		error = hss_take(hss, &leaf);
		if (error == CRYPTECH_ERR_NOT_READY) {
			unit_or_wait(HSS_NOW);
			continue;
		}
		if (error)
			break;
		m = &made[signatures];
		m->number = signatures++;
		/* A tree that comes to its end makes work. */
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
		sign_with(leaf, m);
		pthread_mutex_lock(&lock);
		hss_leaf_put(hss, leaf);
	}
	EXPECT_EQ(error, CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void all_sign(const uint32_t (*sets)[2], unsigned int levels,
		     uint32_t reserve, unsigned int all)
{
	pthread_t threads[SIGNERS + WORKERS];
	struct root_facts facts;
	unsigned int i;

	facts_of(&facts, PUNCTURED, reserve, sets, levels);
	REQUIRE(box_start(&box, 1 << 20));
	hss = key_new(&box, &facts);
	REQUIRE(hss_signature_bytes(hss) <= sizeof(made->signature));
	made = calloc(all, sizeof(*made));
	signatures = units = waits = 0;
	over = false;
	when = HSS_AHEAD;
	for (i = 0; i < SIGNERS + WORKERS; i++)
		pthread_create(&threads[i], NULL, i < SIGNERS ? signer :
			       worker, NULL);
	for (i = 0; i < SIGNERS; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_lock(&lock);
	over = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	for (; i < SIGNERS + WORKERS; i++)
		pthread_join(threads[i], NULL);

	EXPECT_EQ(signatures, all);
	EXPECT(!units == (levels == 1));
	EXPECT_EQ(hss_out(hss), 0);
	for (i = 0; i < signatures; i++) {
		memcpy(signature, made[i].signature, made[i].len);
		EXPECT(verifies(hss, &made[i].number, 4, made[i].len,
				i % 16 == 0));
	}
	free(made);
	hss_free(hss);
	box_stop(&box);
}

static void two_levels(void)
{
	static const uint32_t sets[][2] = { { H5_24, W4_24 },
					    { H5_24, W2_24 } };

	all_sign(sets, 2, 1, 1024);
	all_sign(sets, 2, 5, 1024);
}

static void one_level(void)
{
	static const uint32_t sets[][2] = { { H10_24, W2_24 } };

	all_sign(sets, 1, 8, 1024);
}

/* A tree that all of them make is the tree that one makes. */
static void made_together(void)
{
	static const uint32_t sets[][2] = { { H10_24, W4_24 } };
	uint8_t id[LMS_ID_SIZE] = { 1 }, seed[LMS_N_MAX] = { 2 };
	uint8_t one[CRYPTECH_HSS_PUBLIC_MAX], many[CRYPTECH_HSS_PUBLIC_MAX];
	pthread_t threads[SIGNERS];
	struct root_facts facts;
	unsigned int i;

	facts_of(&facts, PUNCTURED, 1, sets, 1);
	REQUIRE(!hss_new_from(&hss, &facts, id, seed));
	EXPECT_EQ(work_all(hss, HSS_NOW), 0);
	hss_public(hss, one);
	hss_free(hss);

	REQUIRE(!hss_new_from(&hss, &facts, id, seed));
	over = false;
	when = HSS_NOW;
	for (i = 0; i < SIGNERS; i++)
		pthread_create(&threads[i], NULL, worker, NULL);
	pthread_mutex_lock(&lock);
	while (hss_working(hss, HSS_NOW))
		pthread_cond_wait(&changed, &lock);
	over = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	for (i = 0; i < SIGNERS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(hss_public(hss, many), 52);
	EXPECT_MEM(one, many, 52);
	hss_free(hss);
}

/* Stopped in the middle of the hours that an H25 tree takes. */
static void stopped(void)
{
	static const uint32_t sets[][2] = { { H25, W4 } };
	pthread_t threads[SIGNERS];
	struct root_facts facts;
	struct hss_counts counts;
	unsigned int i;

	facts_of(&facts, PUNCTURED, 1, sets, 1);
	REQUIRE(!hss_new(&hss, &facts));
	over = false;
	when = HSS_NOW;
	units = 0;
	for (i = 0; i < SIGNERS; i++)
		pthread_create(&threads[i], NULL, worker, NULL);
	pthread_mutex_lock(&lock);
	while (units < 20)
		pthread_cond_wait(&changed, &lock);
	hss_count(hss, &counts);
	EXPECT(counts.done > 0 && counts.done < 10000);
	EXPECT_EQ(counts.total, 1 << 25);
	hss_stop(hss);
	over = true;
	while (hss_out(hss))
		pthread_cond_wait(&changed, &lock);
	hss_free(hss);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	for (i = 0; i < SIGNERS; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	RUN(one_level);
	RUN(two_levels);
	RUN(made_together);
	RUN(stopped);
	plain_ledger_free(&ledger);
	return tap_done();
}
