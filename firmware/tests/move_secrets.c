/* SPDX-License-Identifier: MIT */
/*
 * What two HSMs hold of secrets when keys have moved: in flash images, on heap
 * and stack. What is drawn is taken down as it is drawn, and all that follows
 * from it (seeds, chains' beginnings, keys of packages) is computed by
 * libcrypto alone; and every wrapping under K_state of something with a secret
 * in it is taken down, too. Then each byte is looked at where one could begin.
 *
 * libcrypto's memory is among it: it allocates by our functions. What a stack
 * holds is seen after each call of the HSM, and below the functions that run
 * whenever they ask for memory; what a block holds, when it is freed. Not seen:
 * registers, static data (where the test itself keeps all that it looks for),
 * what libc allocates for itself, and wrappings that core_wrap() did not make.
 */
#include <ucontext.h>

#include "hs_heap.h"
#include "move_needles.h"

#define RESERVE		4
#define PIECE		64		/* of a wrapping; a cell is one */

/* --- where it is taken down ----------------------------------------------- */

/* On a stack and a heap that nobody looks at. */
static void aside(void (*call)(void))
{
	static uint8_t stack[1 << 18] __attribute__((aligned(4096)));
	static ucontext_t there, back;
	bool hide = hs_heap_hide;

	hs_heap_hide = true;
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	there.uc_link = &back;
	makecontext(&there, call, 0);
	swapcontext(&back, &there);
	hs_heap_hide = hide;
}

/* What draws of 32 bytes are at present. */
static enum { NOTHING, A_TREE, A_KEK, A_KP } drawing;

int __real_core_random(void *data, size_t len);
int __wrap_core_random(void *data, size_t len);
int __real_core_wrap(const uint8_t kek[32], const void *plain, size_t len,
		     uint8_t *wrapped);
int __wrap_core_wrap(const uint8_t kek[32], const void *plain, size_t len,
		     uint8_t *wrapped);

/* I of a tree is drawn first, then its first seed. */
int __wrap_core_random(void *data, size_t len)
{
	int error = __real_core_random(data, len);

	if (tree_count == TREES)
		abort();
	if (drawing == A_TREE && len == 16)
		memcpy(trees[tree_count].id, data, len);
	if (drawing == NOTHING || len != 32)
		return error;
	if (drawing == A_TREE) {
		memcpy(trees[tree_count].seed[1], data, len);
		aside(note_tree);
	} else if (drawing == A_KP) {
		memcpy(kp, data, len);
		aside(note_kp);
	} else {
		add_kind(KEK_, data, len);
	}
	return error;
}

static bool is_k_state(const uint8_t *key)
{
	for (unsigned int i = 0; i < 2; i++)
		if (twins[i].box.hsm &&
		    !memcmp(key, twins[i].box.hsm->k_state, 32))
			return true;
	return false;
}

int __wrap_core_wrap(const uint8_t kek[32], const void *plain, size_t len,
		     uint8_t *wrapped)
{
	int error = __real_core_wrap(kek, plain, len, wrapped);
	const uint8_t *bytes = plain;

	if (error || !is_k_state(kek))
		return error;
	if (len > 32 && !memcmp(plain, "KEKEK\0\0", 8)) {
		der_len = len - 32;
		memcpy(der, bytes + 32, der_len);
		aside(note_private);
	}
	for (size_t i = 0; i + 8 <= len; i++) {
		const struct needle *n = find(bytes + i, len - i);
		struct needle like;

		if (!n)
			continue;
		like = *n;
		like.wrapped = true;
		add(&like, wrapped, len + 8 < PIECE ? len + 8 : PIECE);
		break;
	}
	return error;
}

/* --- looking -------------------------------------------------------------- */

/* What may be there: of the root tree, in memory and wrapped in flash; */
static struct {
	uint32_t run;		/* the first that is reserved, in memory only */
	uint32_t first, end;
	unsigned int lower;	/* trees before this one are gone, but the root */
	bool kp, kekek;		/* and these, wrapped in flash alone */
} live;
static unsigned int root;	/* which tree it is */
static enum where { HEAP, FREED, STACK, IMAGE, WHERES } where;
static const char *const places[] = {
	"on the heap", "freed", "on the stack", "in flash",
};
static unsigned int seen[WHERES][KINDS][2], wrong;
static uint64_t looked_at;

static bool seed_lives(const struct needle *n)
{
	uint32_t first = n->node, end = n->node + 1;

	if (n->tree != root)
		return n->tree >= live.lower;
	for (; first < LEAVES; first *= 2, end *= 2)
		;
	return first - LEAVES >= (n->wrapped ? live.first : live.run) &&
	       end - LEAVES <= live.end;
}

/* Where a digit is 0 the signature has the chain's beginning. Leaves sign that
 * are the first of a run, and in lower trees the first two. */
static bool is_signed(const struct needle *n)
{
	uint32_t leaf = n->node - LEAVES;

	return n->tree == root ? leaf < live.first && leaf % RESERVE == 0 :
				 leaf < 2;
}

static bool may_be(const struct needle *n)
{
	if (n->kind == CHAIN && where != IMAGE && !n->wrapped && is_signed(n))
		return true;
	if (where == FREED || where == STACK)
		return false;
	if ((where == IMAGE) != n->wrapped)
		return false;
	return n->kind == SEED ? seed_lives(n) :
	       n->kind == KP ? n->wrapped && live.kp :
	       n->kind == PRIVATE && n->wrapped && live.kekek;
}

static bool look(void *data, const void *block, size_t size)
{
	const uint8_t *bytes = block;

	(void)data;
	if (where == HEAP && (block == SOURCE->nor->bits ||
			      block == DESTINATION->nor->bits))
		return false;
	looked_at += size;
	for (size_t i = 0; i + 8 <= size; i++) {
		const struct needle *n;

		if (!table[slot_of(bytes + i)])
			continue;
		n = find(bytes + i, size - i);
		if (!n)
			continue;
		seen[where][n->kind][n->wrapped]++;
		if (may_be(n) || wrong++ > 20)
			continue;
		printf("# %s%s (tree %u, node %u), %zu bytes into %zu %s\n",
		       n->wrapped ? "wrapped " : "", names[n->kind], n->tree,
		       n->node, i, size, places[where]);
	}
	return false;
}

static void look_at_freed(const void *block, size_t size)
{
	enum where before = where;

	where = FREED;
	look(NULL, block, size);
	where = before;
}

/* Everything; @what: what was done before. */
static void search(const char *what)
{
	memset(seen[HEAP], 0, sizeof(seen[HEAP]));
	memset(seen[IMAGE], 0, sizeof(seen[IMAGE]));
	where = HEAP;
	hs_heap_any(look, NULL);
	where = IMAGE;
	for (unsigned int i = 0; i < 2; i++)
		look(NULL, twins[i].nor->bits, twins[i].nor->flash.size);
	if (!EXPECT_EQ(wrong, 0))
		printf("# after %s\n", what);
	wrong = 0;
}

/* Calls are made on this stack, and it is looked at before the next. */
static uint8_t stack[1 << 20] __attribute__((aligned(4096)));
static int error;

#define BELOW	16384

/*
 * Within a call, too, whenever memory is asked for: what is below is of calls
 * that have returned, and the next will write over it.
 */
static void look_below(void)
{
	const uint8_t *here = __builtin_frame_address(0);
	enum where before = where;

	if (here < stack + BELOW || here > stack + sizeof(stack))
		return;
	where = STACK;
	look(NULL, here - BELOW, BELOW);
	where = before;
}

static void on_stack(void (*call)(void), const char *what)
{
	static ucontext_t outside, inside;

	getcontext(&inside);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = sizeof(stack);
	inside.uc_link = &outside;
	makecontext(&inside, call, 0);
	swapcontext(&outside, &inside);
	EXPECT_EQ(error, 0);
	where = STACK;
	look(NULL, stack, sizeof(stack));
	search(what);
}
#define CALL(call) on_stack(call, #call)

/* --- calls ---------------------------------------------------------------- */

static uint8_t kekek[UUID_SIZE];
static struct blob statement, package;
static struct imported imported;

static void do_generate(void)
{
	struct box *box = &SOURCE->box;
	uint32_t state;

	error = ask(box, ME, CRYPTECH_RPC_HASHSIG_GENERATE, "ousuuuuuuu",
		    UUID(uuid), FLAGS, "hash based",
		    CRYPTECH_HASHSIG_PUNCTURED, RESERVE, 2, H5_W8, H5_W8);
	do {
		error = error ? error : ask(box, ME, CRYPTECH_RPC_HASHSIG_JOB,
					    "o", UUID(uuid));
		state = xdr_get_u32(&box->results);
	} while (!error && state == CRYPTECH_JOB_RUNNING);
	if (!error && state != CRYPTECH_JOB_DONE)
		error = -1;
}

static void do_public(void)
{
	error = key_public_of(SOURCE, uuid, &public);
}

static void do_sign(void)
{
	error = sign(SOURCE);
}

static void do_create(void)
{
	error = kekek_create(DESTINATION, kekek, &statement);
}

static void do_split(void)
{
	error = transfer_export(SOURCE, uuid, &statement, &package);
}

static void do_adopt(void)
{
	error = transfer_import(DESTINATION, &package, 0, 0, &imported);
}

static void do_ack(void)
{
	error = transfer_ack(SOURCE, &imported.ack);
}

static void do_park(void)
{
	error = ask(&SOURCE->box, ME, CRYPTECH_RPC_RAW_EXPORT, "o",
		    UUID(uuid));
	if (!error && !take_blob(&SOURCE->box, &package))
		error = -1;
}

static void do_delete(void)
{
	error = key_delete_of(SOURCE, uuid);
}

static void do_unpark(void)
{
	error = ask(&SOURCE->box, ME, CRYPTECH_RPC_RAW_IMPORT, "ouu",
		    BLOB(&package), 0, 0);
}

static void do_restart(void)
{
	error = !twin_restart(SOURCE) || !twin_restart(DESTINATION);
}

/* --- lives ---------------------------------------------------------------- */

/* Two HSMs, and at the source a key that has signed once: a run of leaves is
 * reserved, a lower tree at work. */
static bool born(void)
{
	static const struct needle none;
	uint8_t head[8 + UUID_SIZE] = { 'H', 'S', 'S', 'B', 0, 0, 0, 1 };

	tree_count = needle_count = 0;
	memset(table, 0, sizeof(table));
	memset(seen, 0, sizeof(seen));
	memset(&live, 0, sizeof(live));
	live.end = LEAVES;
	add(&none, "\0\1\2\3\4\5\6\7 not there", 18);
	memcpy(head + 8, uuid, UUID_SIZE);
	add_kind(BODY, head, sizeof(head));
	if (!EXPECT(twins_fresh()))
		return false;
	drawing = A_TREE;
	CALL(do_generate);
	EXPECT(tree_count > 1);
	CALL(do_public);
	while (memcmp(trees[root].id, public.data + SPKI_HEAD + 12, 16))
		root = (root + 1) % TREES;
	live.first = RESERVE;
	live.run = 1;
	CALL(do_sign);
	drawing = NOTHING;
	/* What may be there can be found. */
	return EXPECT(seen[HEAP][SEED][0]) && EXPECT(seen[IMAGE][SEED][1]);
}

static void split(void)
{
	live.kekek = true;
	CALL(do_create);
	EXPECT(seen[IMAGE][PRIVATE][1]);
	drawing = A_KEK;
	live.run = live.first;
	live.end = (RESERVE + LEAVES) / 2;
	CALL(do_split);
	drawing = NOTHING;
	EXPECT_EQ(left_of(SOURCE).root, live.end - live.first);
}

static void a_split(void)
{
	REQUIRE(born());
	split();
	CALL(do_split);		/* the same package again */
	CALL(do_sign);
	CALL(do_restart);
	EXPECT(seen[IMAGE][SEED][1]);
}

static void an_adoption(void)
{
	REQUIRE(born());
	split();
	live.end = LEAVES;	/* here or there */
	live.kekek = false;
	CALL(do_adopt);
	EXPECT_EQ(left_of(DESTINATION).root, (LEAVES - RESERVE) / 2);
	CALL(do_ack);
	CALL(do_restart);
}

static void a_park_and_back(void)
{
	REQUIRE(born());
	drawing = A_KP;
	live.end = 0;
	live.lower = tree_count;
	live.kp = true;
	CALL(do_park);
	EXPECT_EQ(seen[IMAGE][KP][1], 1);
	EXPECT_EQ(seen[IMAGE][SEED][1], 0);
	drawing = NOTHING;
	CALL(do_restart);
	CALL(do_delete);
	EXPECT_EQ(seen[IMAGE][KP][1], 1);
	live.run = live.first;
	live.end = LEAVES;
	live.kp = false;
	CALL(do_unpark);
	EXPECT(seen[HEAP][SEED][0]);
	EXPECT(seen[IMAGE][SEED][1]);
	EXPECT_EQ(seen[IMAGE][KP][1], 0);
	drawing = A_TREE;
	live.first += RESERVE;
	live.run++;
	CALL(do_sign);
	live.run = live.first;
	CALL(do_restart);
}

int main(void)
{
	hs_heap_freed = look_at_freed;
	hs_heap_asked = look_below;
	RUN(a_split);
	RUN(an_adoption);
	RUN(a_park_and_back);
	printf("# %u secrets at the end, %llu bytes looked at\n", needle_count,
	       (unsigned long long)looked_at);
	hs_heap_freed = NULL;
	plain_ledger_free(&ledger);
	twins_over();
	return tap_done();
}
