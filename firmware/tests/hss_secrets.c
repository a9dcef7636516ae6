/* SPDX-License-Identifier: MIT */
/*
 * What memory holds of seeds. From a tree's first seed, which is taken down as
 * it is drawn, this computes the seeds of all its nodes. After every signature
 * no byte of heap or stack may hold one from which a spent leaf's could be
 * computed; and memory that is freed may hold none at all. Without sanitizers,
 * which would change what is on the stack.
 */
#include <ucontext.h>

#include "hs_heap.h"
#include "hss_box.h"

enum { H5 = 0x0a, W4 = 7, W2 = 6 };	/* n = 24 */
#define PUNCTURED	CRYPTECH_HASHSIG_PUNCTURED
#define N		24
#define NODES		64
#define LEAVES		32u
#define TREES		40
#define SLOTS		16384		/* of the table: a power of two */

struct drawn {
	struct lms_params params;
	uint8_t id[LMS_ID_SIZE];
	uint8_t seed[NODES][N];
};

/* All static: the heap is what is searched. */
static struct box box;
static struct drawn tree[TREES];
static unsigned int trees;
static struct {
	uint64_t key;		/* the first bytes of a seed; 0: free */
	uint16_t tree, node;
} table[SLOTS];

static uint64_t key_of(const uint8_t *bytes)
{
	uint64_t key;

	memcpy(&key, bytes, sizeof(key));
	return key;
}

static unsigned int slot_of(uint64_t key)
{
	unsigned int slot = key % SLOTS;

	while (table[slot].key && table[slot].key != key)
		slot = (slot + 1) % SLOTS;
	return slot;
}

static void note_tree(const uint8_t *id, const uint8_t *seed)
{
	struct drawn *t = &tree[trees];
	unsigned int r, slot;

	if (trees == TREES || !lms_params(&t->params, H5, W4))
		abort();
	memcpy(t->id, id, LMS_ID_SIZE);
	memcpy(t->seed[1], seed, N);
	for (r = 1; r < LEAVES; r++)
		lms_seed_children(&t->params, id, r, t->seed[r],
				  t->seed[2 * r], t->seed[2 * r + 1]);
	for (r = 1; r < NODES; r++) {
		slot = slot_of(key_of(t->seed[r]));
		table[slot].key = key_of(t->seed[r]);
		table[slot].tree = trees;
		table[slot].node = r;
	}
	trees++;
}

int __real_core_random(void *data, size_t len);
int __wrap_core_random(void *data, size_t len);

/* I of a tree is drawn first, then its first seed. */
int __wrap_core_random(void *data, size_t len)
{
	static uint8_t id[LMS_ID_SIZE];
	int error = __real_core_random(data, len);

	if (len == LMS_ID_SIZE)
		memcpy(id, data, len);
	else if (len == LMS_N_MAX)
		note_tree(id, data);
	return error;
}

/* --- searching -------------------------------------------------------------------- */

/* How many leaves of each tree are spent; UINT32_MAX: every seed is found. */
static uint32_t spent[TREES];
static bool any;
static unsigned int seen;	/* seeds that were found, forbidden or not */

static bool is_forbidden(unsigned int t, uint32_t r)
{
	uint32_t first, end;

	cover_leaves(5, r, &first, &end);
	return any || first < spent[t];
}

static bool look(void *data, const void *block, size_t size)
{
	const uint8_t *bytes = block;
	size_t i;

	(void)data;
	for (i = 0; i + N <= size; i++) {
		uint64_t key = key_of(bytes + i);
		unsigned int slot = slot_of(key);
		unsigned int t = table[slot].tree, r = table[slot].node;

		if (!key || !table[slot].key ||
		    memcmp(bytes + i, tree[t].seed[r], N))
			continue;
		seen++;
		if (!is_forbidden(t, r))
			continue;
		printf("# the seed of node %u of tree %u, %zu bytes into %zu\n",
		       r, t, i, size);
		return true;
	}
	return false;
}

static unsigned int freed_with_seeds;

static void look_at_freed(const void *block, size_t size)
{
	any = true;
	freed_with_seeds += look(NULL, block, size);
	any = false;
}

/* Taken leaves of the trees that sign now; trees before them are gone. */
static void count_spent(const struct hss *hss)
{
	unsigned int i, t;

	for (t = 0; t < trees; t++)
		spent[t] = UINT32_MAX;
	for (i = 0; i < hss->facts.levels; i++) {
		const struct tree *now = hss->level[i].now;
		const struct tree *next = hss->level[i].next;

		for (t = 0; t < trees; t++) {
			if (now && !memcmp(now->id, tree[t].id, 16))
				spent[t] = now->next;
			if (next && !memcmp(next->id, tree[t].id, 16))
				spent[t] = 0;
		}
	}
}

/* Calls are made on this stack, one by one, so that what each leaves there is
 * seen before another call writes over it: no seed at all. */
static uint8_t stack[1 << 20] __attribute__((aligned(4096)));
static ucontext_t outside, inside;

static void on_stack(void (*call)(void))
{
	getcontext(&inside);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = sizeof(stack);
	inside.uc_link = &outside;
	makecontext(&inside, call, 0);
	swapcontext(&outside, &inside);
	any = true;
	EXPECT(!look(NULL, stack, sizeof(stack)));
	any = false;
}

static void search(const struct hss *hss)
{
	count_spent(hss);
	EXPECT(!hs_heap_any(look, NULL));
}

/* --- calls -------------------------------------------------------------------------- */

static struct root_facts facts;
static struct hss *hss;
static struct hss_work *work;
static struct hss_leaf *leaf;
static enum hss_when when;
static unsigned int number;
static int error;

static void do_new(void)
{
	error = hss_new(&hss, &facts);
}

static void do_get(void)
{
	work = hss_work_get(hss, when);
}

static void do_run(void)
{
	hss_work_run(work);
}

static void do_put(void)
{
	error = hss_work_put(hss, work);
}

static void do_store(void)
{
	error = hss_store(hss, box.roots);
}

static void do_take(void)
{
	error = hss_take(hss, &leaf);
}

static void do_sign(void)
{
	size_t len;

	error = leaf_sign(leaf, &number, sizeof(number), &len);
}

static void do_free(void)
{
	hss_free(hss);
}

static void do_delete(void)
{
	error = hss_delete(hss);
}

static void do_work(enum hss_when kind)
{
	when = kind;
	for (;;) {
		on_stack(do_get);
		if (!work)
			break;
		on_stack(do_run);
		on_stack(do_put);
		EXPECT_EQ(error, 0);
	}
}

static void use_once(void)
{
	on_stack(do_take);
	if (error == CRYPTECH_ERR_NOT_READY) {
		do_work(HSS_NOW);
		on_stack(do_take);
	}
	if (!EXPECT_EQ(error, 0))
		return;
	/* Every ninth is given up. */
	if (number % 9 != 2)
		on_stack(do_sign);
	EXPECT_EQ(error, 0);
	hss_leaf_put(hss, leaf);
	if (number % 16 == 5)
		do_work(HSS_AHEAD);
}

/* --- lives ---------------------------------------------------------------------------- */

/* What both begin with. */
static bool born(unsigned int levels, uint32_t reserve)
{
	static const uint32_t sets[][2] = { { H5, W4 }, { H5, W2 } };

	trees = 0;
	memset(table, 0, sizeof(table));
	facts_of(&facts, PUNCTURED, reserve, sets, levels);
	hs_heap_hide = true;
	if (!box_start(&box, 256 * 1024))
		return false;
	hs_heap_hide = false;
	hs_heap_freed = look_at_freed;
	freed_with_seeds = 0;
	on_stack(do_new);
	return EXPECT_EQ(error, 0);
}

/* And what they end with. */
static void buried(void)
{
	memset(spent, 0xff, sizeof(spent));
	EXPECT(!hs_heap_any(look, NULL));
	EXPECT_EQ(freed_with_seeds, 0);
	hs_heap_freed = NULL;
	box_stop(&box);
}

static void live(unsigned int levels, uint32_t reserve, unsigned int all)
{
	REQUIRE(born(levels, reserve));
	do_work(HSS_NOW);
	on_stack(do_store);
	EXPECT_EQ(error, 0);
	/* What is searched for can be found: the first seed at the least. */
	seen = 0;
	search(hss);
	EXPECT(seen > 0);
	for (number = 0; number < all && !tap_failed; number++) {
		use_once();
		search(hss);
	}
	on_stack(do_take);
	EXPECT_EQ(error, CRYPTECH_ERR_HASHSIG_KEY_EXHAUSTED);
	search(hss);
	on_stack(do_free);
	buried();
}

static void one_level(void)
{
	live(1, 1, 32);
}

static void one_level_with_a_reserve(void)
{
	live(1, 7, 32);
}

static void two_levels(void)
{
	live(2, 1, 1024);
}

/* Given up with everything still to come, and half made. */
static void freed_early(void)
{
	struct hss_work *other;

	REQUIRE(born(2, 8));
	do_work(HSS_NOW);
	on_stack(do_store);
	number = 0;
	use_once();
	number = 2;
	use_once();
	do_work(HSS_AHEAD);
	on_stack(do_delete);
	EXPECT_EQ(error, 0);
	buried();

	REQUIRE(born(2, 8));
	on_stack(do_get);
	other = work;
	on_stack(do_get);
	REQUIRE(work && other);
	hss_stop(hss);
	on_stack(do_run);
	on_stack(do_put);
	work = other;
	on_stack(do_put);
	on_stack(do_free);
	buried();
}

int main(void)
{
	RUN(one_level);
	RUN(one_level_with_a_reserve);
	RUN(two_levels);
	RUN(freed_early);
	return tap_done();
}
