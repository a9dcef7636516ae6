/* SPDX-License-Identifier: MIT */
/*
 * What goes wrong: bits that flip in memory, no memory, no randomness, work
 * that is stopped, flash that fails. Whatever happens: no signature goes out
 * that is not right, no one-time key signs twice, nothing leaks, and the key
 * goes on where it can.
 */
#include "hss_box.h"

enum { H5 = 0x05, H10 = 0x06, H25 = 0x09, H5_24 = 0x0a };
enum { W4 = 3, W8 = 4, W4_24 = 7 };
#define PUNCTURED	CRYPTECH_HASHSIG_PUNCTURED
#define NOT_READY	CRYPTECH_ERR_NOT_READY
#define NO_MEMORY	CRYPTECH_ERR_ALLOCATION_FAILURE
#define LOST		CRYPTECH_ERR_KEYSTORE_LOST_DATA
#define ASSERTION	CRYPTECH_ERR_ASSERTION_FAILED

static struct box box;

/* --- what the linker gives us ------------------------------------------------- */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
int __real_core_random(void *data, size_t len);
int __wrap_core_random(void *data, size_t len);

static uint64_t countdown;	/* the call that fails; 0: none */
static bool failed;		/* one has */

static bool fails(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	return failed = true;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

static bool random_fails;

int __wrap_core_random(void *data, size_t len)
{
	return random_fails ? CRYPTECH_ERR_CSPRNG_BROKEN :
	       __real_core_random(data, len);
}

/* --- helpers -------------------------------------------------------------------- */

static struct hss *two_levels(uint32_t reserve)
{
	static const uint32_t sets[][2] = { { H5_24, W4_24 },
					    { H5_24, W4_24 } };
	struct root_facts facts;

	facts_of(&facts, PUNCTURED, reserve, sets, 2);
	if (!box_start(&box, 1 << 20))
		abort();
	return key_new(&box, &facts);
}

static struct hss *one_level(uint32_t lms, uint32_t reserve)
{
	const uint32_t sets[][2] = { { lms, W4 } };
	struct root_facts facts;

	facts_of(&facts, PUNCTURED, reserve, sets, 1);
	if (!box_start(&box, 1 << 20))
		abort();
	return key_new(&box, &facts);
}

static uint64_t left(const struct hss *hss)
{
	struct hss_counts counts;

	hss_count(hss, &counts);
	return counts.left;
}

/* With all the memory that it needs. */
static bool checked(struct hss *hss, uint32_t text, size_t len)
{
	uint64_t kept = countdown;
	bool good;

	countdown = 0;
	good = verifies(hss, &text, sizeof(text), len, true);
	countdown = kept;
	return good;
}

static bool good_signature(struct hss *hss)
{
	static uint32_t number;
	size_t len;

	number++;
	return EXPECT_EQ(sign_working(hss, &number, sizeof(number), &len),
			 0) &&
	       EXPECT(checked(hss, number, len));
}

static void end(struct hss *hss)
{
	hss_free(hss);
	box_stop(&box);
}

/* --- bits that flip ---------------------------------------------------------------- */

/* Nothing of a signature that was refused is left in the caller's memory. */
static void refused(struct hss *hss, struct hss_leaf *leaf)
{
	size_t lms = lms_signature_size(&hss_facts(hss)->params[1]);
	size_t before = hss_signature_bytes(hss) - lms, len, i;

	EXPECT_EQ(leaf_sign(leaf, "x", 1, &len), ASSERTION);
	EXPECT_EQ(len, 0);
	for (i = 0; i < sizeof(signature); i++)
		EXPECT_EQ(signature[i], i < before || i >= before + lms ?
			  0xa5 : 0);
	for (i = 0; i < LMS_N_MAX; i++)
		EXPECT_EQ(leaf->one.seed[i], 0);
	EXPECT_EQ(leaf_sign(leaf, "x", 1, &len), CRYPTECH_ERR_IMPOSSIBLE);
	hss_leaf_put(hss, leaf);
}

/* In all that a leaf has, at every byte that counts. */
static void flips_in_a_leaf(void)
{
	struct hss *hss = two_levels(1);
	struct hss_leaf *leaf;
	struct {
		size_t at, len;
	} parts[] = {
		{ offsetof(struct onetime, seed), 24 },
		{ offsetof(struct onetime, leaf), 24 },
		{ offsetof(struct onetime, root), 24 },
		{ offsetof(struct onetime, path), 5 * 24 },
		{ offsetof(struct onetime, id), 16 },
		{ offsetof(struct onetime, q), 1 },
	};
	size_t i, j;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (j = 0; j < parts[i].len; j++) {
			int error = hss_take(hss, &leaf);

			if (error == NOT_READY) {
				EXPECT_EQ(work_all(hss, HSS_NOW), 0);
				error = hss_take(hss, &leaf);
			}
			if (!EXPECT_EQ(error, 0))
				return;
			((uint8_t *)&leaf->one)[parts[i].at + j] ^= 1 << j % 8;
			refused(hss, leaf);
		}
	}
	EXPECT(good_signature(hss));
	end(hss);
}

/* In the tree: the leaf is lost, the next one is not. */
static void flips_in_a_window(void)
{
	struct hss *hss = two_levels(1);
	struct hss_leaf *leaf;
	uint8_t *node;

	EXPECT(good_signature(hss));
	node = (uint8_t *)tree_node(hss->level[1].now, 32 + 1);
	node[23] ^= 0x40;
	REQUIRE(!hss_take(hss, &leaf));
	refused(hss, leaf);
	node[23] ^= 0x40;
	EXPECT(good_signature(hss));
	EXPECT_EQ(left(hss), 1024 - 3);
	/* One that is missing will never be there: nobody waits for it. */
	hss->level[1].now->windows->patch.known[32 + 2] = 0;
	EXPECT_EQ(hss_work_left(hss), 0);
	EXPECT_EQ(hss_take(hss, &leaf), LOST);
	EXPECT_EQ(left(hss), 1024 - 3);
	end(hss);
}

/* Signing a lower tree's key goes wrong: a leaf of the root is lost, and the
 * tree gets the next one. */
static void flips_above(void)
{
	struct hss *hss = two_levels(2);
	struct hss_leaf *leaf;
	uint8_t *node;

	/* One that the commit of the first two needs: nothing happens. */
	node = (uint8_t *)tree_node(hss->level[0].now, 16);
	node[0] ^= 1;
	EXPECT_EQ(hss_take(hss, &leaf), ASSERTION);
	EXPECT(!leaf);
	node[0] ^= 1;
	EXPECT_EQ(left(hss), 32 * 32);
	/* One that it does not need. */
	node = (uint8_t *)tree_node(hss->level[0].now, 32 + 0);
	node[0] ^= 1;
	EXPECT_EQ(hss_take(hss, &leaf), ASSERTION);
	EXPECT(!leaf);
	node[0] ^= 1;
	EXPECT_EQ(left(hss), 31 * 32);
	EXPECT(good_signature(hss));
	EXPECT_EQ(left(hss), 31 * 32 - 1);
	EXPECT_EQ(hss_out(hss), 0);
	end(hss);
}

/* What a unit computed is compared with what is known of the tree. */
static void flips_in_work(void)
{
	struct hss *hss = one_level(H10, 1);
	struct hss_work *work;
	struct hss_leaf *leaf;
	struct unit *unit;
	unsigned int units = 0;
	int error = 0;

	EXPECT(good_signature(hss));
	hss = box_again(&box, hss);
	while ((work = hss_work_get(hss, HSS_NOW))) {
		hss_work_run(work);
		unit = *(struct unit **)work;	/* its first member */
		EXPECT(unit->patch.known[1] == (units > 0));
		if (units++ == 1)
			unit->patch.value[32 * 1 + 9] ^= 0x80;
		error = hss_work_put(hss, work);
		if (error)
			break;
	}
	EXPECT(units > 1);
	EXPECT_EQ(error, LOST);
	EXPECT_EQ(hss_take(hss, &leaf), LOST);
	EXPECT(!hss_working(hss, HSS_AHEAD));
	EXPECT(!hss_work_get(hss, HSS_NOW));
	/* A restart has the right ones again. */
	hss = box_again(&box, hss);
	EXPECT(good_signature(hss));
	end(hss);
}

/* What recovery says of a key is compared with its root. */
static void flips_in_the_record(void)
{
	struct hss *hss = one_level(H5, 1);
	struct root *root;
	struct hss_leaf *leaf;
	struct hss_counts counts;
	unsigned int i;

	EXPECT(good_signature(hss));
	EXPECT(good_signature(hss));
	root = hss->root;
	for (i = 0; i <= root->node_count; i++) {
		uint8_t *value = i < root->node_count ?
				 root->nodes[i].value : root->facts.t1;

		hss_free(hss);
		value[i] ^= 0x10;
		EXPECT_EQ(hss_open(&hss, box.roots, root), 0);
		EXPECT_EQ(hss_take(hss, &leaf), LOST);
		EXPECT(!hss_working(hss, HSS_AHEAD));
		EXPECT(!hss_work_get(hss, HSS_AHEAD));
		hss_count(hss, &counts);
		EXPECT_EQ(counts.left, 0);
		value[i] ^= 0x10;
	}
	hss_free(hss);
	root->node_count--;
	EXPECT_EQ(hss_open(&hss, box.roots, root), 0);
	EXPECT_EQ(hss_take(hss, &leaf), LOST);
	root->node_count++;
	hss_free(hss);
	EXPECT_EQ(hss_open(&hss, box.roots, root), 0);
	EXPECT(good_signature(hss));
	/* Damage that recovery has seen is told as it is. */
	hss_free(hss);
	root->damage = CRYPTECH_ERR_KEYSTORE_ACCESS;
	EXPECT_EQ(hss_open(&hss, box.roots, root), 0);
	EXPECT_EQ(hss_take(hss, &leaf), CRYPTECH_ERR_KEYSTORE_ACCESS);
	EXPECT_EQ(hss_delete(hss), 0);
	EXPECT(!roots_first(box.roots));
	box_stop(&box);
}

/* --- no memory -------------------------------------------------------------------------- */

/*
 * A short life in which allocation number @n fails. Errors have to say so; the
 * same again then works.
 */
static bool life_without(uint64_t n)
{
	static const uint32_t sets[][2] = { { H5_24, W4_24 },
					    { H5_24, W4_24 } };
	struct root_facts facts;
	struct hss *hss = NULL;
	uint32_t done, i;
	uint64_t before;
	int error = NO_MEMORY;
	size_t len;

	facts_of(&facts, PUNCTURED, 2, sets, 2);
	if (!box_start(&box, 256 * 1024))
		abort();
	failed = false;
	countdown = n;
	for (i = 0; i < 2 && error; i++) {
		error = hss_new(&hss, &facts);
		if (!error)
			error = work_all(hss, HSS_NOW);
		if (!error)
			error = hss_store(hss, box.roots);
		if (error) {
			EXPECT(failed);
			EXPECT(!roots_first(box.roots));
			hss_free(hss);
			hss = NULL;
		}
	}
	EXPECT_EQ(error, 0);
	for (done = 0; done < 36; done++) {
		before = left(hss);
		error = sign(hss, &done, sizeof(done), &len);
		if (error == NOT_READY) {
			EXPECT_EQ(left(hss), before);
			error = work_all(hss, HSS_NOW);
			if (!error)
				error = sign(hss, &done, sizeof(done), &len);
		}
		if (error) {
			EXPECT(failed);
			error = sign_working(hss, &done, sizeof(done), &len);
			/* once for what could not be done before */
			if (error == NO_MEMORY)
				error = sign_working(hss, &done, sizeof(done),
						     &len);
		}
		if (!EXPECT_EQ(error, 0) ||
		    !EXPECT(checked(hss, done, len)))
			break;
	}
	EXPECT_EQ(hss_out(hss), 0);
	countdown = 0;
	hss = box_again(&box, hss);
	EXPECT(good_signature(hss));
	end(hss);
	return failed;
}

static void no_memory(void)
{
	uint64_t n = 1, step = getenv("CRYPTECH_FULL") ? 1 : 3;

	while (life_without(n) && !tap_failed)
		n += step;
	printf("# %llu allocations\n", (unsigned long long)n);
	EXPECT(n > 100);
}

static void no_memory_at_a_start(void)
{
	struct hss *hss = one_level(H5, 1);
	struct root *root = hss->root;
	struct hss *again;
	uint64_t n;
	int error;

	EXPECT(good_signature(hss));
	hss_free(hss);
	for (n = 1;; n++) {
		failed = false;
		countdown = n;
		error = hss_open(&again, box.roots, root);
		countdown = 0;
		if (!failed)
			break;
		EXPECT_EQ(error, NO_MEMORY);
		EXPECT(!again);
		EXPECT(!root->user);
	}
	EXPECT_EQ(error, 0);
	EXPECT(n > 3);
	EXPECT(good_signature(again));
	end(again);
}

/* --- no randomness ------------------------------------------------------------------------- */

static void no_randomness(void)
{
	static const uint32_t sets[][2] = { { H5, W4 } };
	struct root_facts facts;
	struct hss_leaf *leaf;
	struct hss *hss = two_levels(1);
	struct hss *other;
	unsigned int i;

	for (i = 0; i < 32; i++)
		EXPECT(good_signature(hss));
	random_fails = true;
	facts_of(&facts, PUNCTURED, 1, sets, 1);
	EXPECT_EQ(hss_new(&other, &facts), CRYPTECH_ERR_CSPRNG_BROKEN);
	EXPECT(!other);
	EXPECT_EQ(hss_take(hss, &leaf), NOT_READY);
	EXPECT(!hss_work_get(hss, HSS_NOW));
	/* Nobody waits for work that nobody can do. */
	EXPECT(!hss_working(hss, HSS_NOW));
	EXPECT_EQ(hss_take(hss, &leaf), CRYPTECH_ERR_CSPRNG_BROKEN);
	random_fails = false;
	EXPECT(good_signature(hss));
	EXPECT_EQ(left(hss), 1024 - 33);
	end(hss);
}

/* --- stops ------------------------------------------------------------------------------------ */

static void stopped_while_made(void)
{
	static const uint32_t sets[][2] = { { H25, W8 }, { H10, W4 } };
	struct root_facts facts;
	struct hss_work *work[4];
	struct hss *hss;
	unsigned int i;

	facts_of(&facts, PUNCTURED, 1, sets, 2);
	REQUIRE(!hss_new(&hss, &facts));
	for (i = 0; i < 4; i++)
		REQUIRE((work[i] = hss_work_get(hss, HSS_NOW)));
	hss_work_run(work[0]);
	EXPECT_EQ(hss_work_put(hss, work[0]), 0);
	EXPECT_EQ(hss_out(hss), 3);
	hss_work_run(work[1]);		/* done, but too late */
	hss_stop(hss);
	hss_work_run(work[2]);
	for (i = 1; i < 4; i++)		/* the last one never ran */
		EXPECT_EQ(hss_work_put(hss, work[i]), 0);
	EXPECT(!hss_work_get(hss, HSS_AHEAD));
	EXPECT(!hss_working(hss, HSS_AHEAD));
	EXPECT_EQ(hss_work_left(hss), 0);
	EXPECT_EQ(hss_out(hss), 0);
	hss_free(hss);
}

/* --- flash that fails ---------------------------------------------------------------------------- */

/* The commit fails: the leaf may be burnt, no other one, and none twice. */
static void flash_fails(void)
{
	struct hss *hss = one_level(H5, 2);
	struct hss_leaf *leaf;
	unsigned int i, burnt = 0, failures = 0;
	int error;

	for (i = 0; left(hss) > 4; i++) {
		uint64_t first = left(hss), before = first;

		EXPECT_EQ(work_all(hss, HSS_NOW), 0);
		nor_cut_at(box.nor, 1 + i, NOR_NOT_DONE, i);
		error = hss_take(hss, &leaf);
		if (!error) {	/* from a run that was there before */
			hss_leaf_put(hss, leaf);
			before--;
		}
		EXPECT(left(hss) <= before && left(hss) + 2 >= before);
		EXPECT_EQ(hss_out(hss), 0);
		burnt += error && left(hss) < before;
		failures += error && left(hss) == before;
		before = left(hss);
		hss = box_again(&box, hss);
		/* What was not certain is decided now. */
		EXPECT(left(hss) == before - before % 2 ||
		       (error && left(hss) == first));
		if (i % 4 == 0)
			EXPECT(good_signature(hss));
	}
	EXPECT(failures > 3);
	EXPECT(burnt > 3);
	end(hss);
}

int main(void)
{
	RUN(flips_in_a_leaf);
	RUN(flips_in_a_window);
	RUN(flips_above);
	RUN(flips_in_work);
	RUN(flips_in_the_record);
	RUN(no_memory);
	RUN(no_memory_at_a_start);
	RUN(no_randomness);
	RUN(stopped_while_made);
	RUN(flash_fails);
	plain_ledger_free(&ledger);
	return tap_done();
}
