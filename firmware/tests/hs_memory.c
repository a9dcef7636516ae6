// SPDX-License-Identifier: MIT
/*
 * What is left of a spent leaf, in the flash and in all writable memory of an
 * HSM process: nothing. Given every seed that was ever drawn and every wrap
 * that was ever made (hs_tap.h), neither a seed on the path to a spent leaf,
 * in clear or wrapped, nor any of its one-time private values is found at any
 * offset.
 *
 * That the search finds what is there is shown by secrets that have to be
 * there: the seeds of unspent leaves.
 */
#include <cryptech/xdr.h>

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../hashsig/lms.h"
#include "hs_ledger.h"
#include "hs_tap.h"
#include "sim_box.h"
#include "tap.h"

#define HSM	"cryptech-hsm-tapped"
#define LEAVES	32
#define TREES	16
#define PUBLIC	(4 + 4 + 4 + LMS_ID_SIZE + 24)	/* of an HSS key, n = 24 */

static const char pin[] = "YouReallyNeedToChangeThisPINRightNowWeAreNotKidding";

static uint8_t message[CRYPTECH_RPC_MESSAGE_MAX];
static pid_t hsm;
static int client;

/* --- an HSM and its client ------------------------------------------------------ */

static uint32_t ask(uint32_t function, const uint8_t *arguments, size_t len,
		    struct xdr_reader *results)
{
	socket_send(client, message, make_request(message, function, 0,
						  arguments, len));
	len = socket_receive(client, message);
	if (len < CRYPTECH_RPC_REPLY_MIN)
		return ~0u;
	xdr_reader_init(results, message, len);
	xdr_get_u32(results);
	xdr_get_u32(results);
	return xdr_get_u32(results);
}

static bool start_hsm(void)
{
	struct xdr_reader results;
	uint8_t arguments[128];
	struct xdr_writer w;
	int status;

	hsm = box_start(&status, HSM, "--state", "state", "--socket",
			"hsm.sock", "--libhal-compat", "--durability",
			"process");
	if (!EXPECT(hsm))
		return false;
	client = socket_connect("hsm.sock");
	xdr_writer_init(&w, arguments, sizeof(arguments));
	xdr_put_u32(&w, CRYPTECH_USER_WHEEL);
	xdr_put_opaque(&w, pin, sizeof(pin) - 1);
	return EXPECT_EQ(ask(CRYPTECH_RPC_LOGIN, arguments, xdr_written(&w),
			     &results), 0);
}

static void stop_hsm(int how)
{
	close(client);
	box_end(hsm, how);
}

/* Two levels of five, or one. The same set in both. */
static bool make_key(unsigned int levels, uint32_t reserve, uint8_t uuid[16])
{
	uint8_t arguments[256];
	struct xdr_reader results;
	struct xdr_writer w;
	const uint8_t *p;
	uint32_t state;
	size_t len;

	xdr_writer_init(&w, arguments, sizeof(arguments));
	xdr_put_opaque(&w, "", 0);
	xdr_put_u32(&w, CRYPTECH_KEY_FLAG_TOKEN |
			CRYPTECH_KEY_FLAG_DIGITALSIGNATURE);
	xdr_put_opaque(&w, "", 0);
	xdr_put_u32(&w, CRYPTECH_HASHSIG_PUNCTURED);
	xdr_put_u32(&w, reserve);
	xdr_put_u32(&w, levels);
	for (unsigned int i = 0; i < levels; i++) {
		xdr_put_u32(&w, 0x0a);	/* SHA256_M24_H5 */
		xdr_put_u32(&w, 0x07);	/* SHA256_N24_W4 */
	}
	if (!EXPECT_EQ(ask(CRYPTECH_RPC_HASHSIG_GENERATE, arguments,
			   xdr_written(&w), &results), 0))
		return false;
	p = xdr_get_opaque(&results, &len);
	if (!EXPECT_EQ(len, 16))
		return false;
	memcpy(uuid, p, 16);
	do {
		xdr_writer_init(&w, arguments, sizeof(arguments));
		xdr_put_opaque(&w, uuid, 16);
		if (!EXPECT_EQ(ask(CRYPTECH_RPC_HASHSIG_JOB, arguments,
				   xdr_written(&w), &results), 0))
			return false;
		state = xdr_get_u32(&results);
	} while (state == CRYPTECH_JOB_RUNNING);
	return EXPECT_EQ(state, CRYPTECH_JOB_DONE);
}

static bool delete_key(const uint8_t uuid[16])
{
	struct xdr_reader results;
	uint8_t arguments[64];
	struct xdr_writer w;

	xdr_writer_init(&w, arguments, sizeof(arguments));
	xdr_put_opaque(&w, uuid, 16);
	return EXPECT_EQ(ask(CRYPTECH_RPC_KEY_DELETE, arguments,
			     xdr_written(&w), &results), 0);
}

/* --- what was released ------------------------------------------------------------ */

/* A tree that signed something, and the leaves that did. */
static struct tree {
	struct lms_params params;
	uint8_t id[LMS_ID_SIZE], root[LMS_N_MAX];
	uint32_t leaves;	/* a bit each */
	bool found;		/* its seeds are known */
	uint8_t seeds[2 * LEAVES][LMS_N_MAX];
} trees[TREES];
static unsigned int tree_count;

/* All signatures. */
static uint8_t released[64 * 4096];
static size_t released_len;

static struct tree *tree_of(const struct lms_public *key)
{
	struct tree *tree = trees;

	while (tree < trees + tree_count &&
	       memcmp(tree->id, key->id, sizeof(tree->id)))
		tree++;
	if (tree == trees + tree_count) {
		if (++tree_count > TREES)
			abort();
		memset(tree, 0, sizeof(*tree));
		tree->params = key->params;
		memcpy(tree->id, key->id, sizeof(tree->id));
		memcpy(tree->root, key->root, key->params.n);
	}
	return tree;
}

static bool get_public(const uint8_t uuid[16], uint8_t *public, size_t *len)
{
	struct xdr_reader results;
	uint8_t arguments[64];
	struct xdr_writer w;
	const uint8_t *p;

	xdr_writer_init(&w, arguments, sizeof(arguments));
	xdr_put_opaque(&w, uuid, 16);
	xdr_put_u32(&w, 1024);
	if (!EXPECT_EQ(ask(CRYPTECH_RPC_KEY_PUBLIC, arguments, xdr_written(&w),
			   &results), 0))
		return false;
	p = xdr_get_opaque(&results, len);
	/* Around it is ASN.1 (RFC 9708), which ends with it. */
	if (!EXPECT(p && *len >= PUBLIC))
		return false;
	memcpy(public, p + *len - PUBLIC, PUBLIC);
	*len = PUBLIC;
	return true;
}

static bool sign(const uint8_t uuid[16], const uint8_t *public,
		 size_t public_len)
{
	static uint64_t number;
	struct hss_step steps[CRYPTECH_HSS_LEVELS_MAX];
	struct xdr_reader results;
	uint8_t arguments[128];
	struct lms_public root;
	uint8_t request[16] = { 0 };
	unsigned int levels;
	struct xdr_writer w;
	const uint8_t *p;
	uint32_t error;
	size_t len, used;

	number++;
	memcpy(request, &number, sizeof(number));
	do {
		xdr_writer_init(&w, arguments, sizeof(arguments));
		xdr_put_opaque(&w, uuid, 16);
		xdr_put_opaque(&w, request, sizeof(request));
		xdr_put_opaque(&w, request, sizeof(request));
		xdr_put_u32(&w, CRYPTECH_HSS_SIGNATURE_MAX);
		error = ask(CRYPTECH_RPC_SIGN_ONCE, arguments, xdr_written(&w),
			    &results);
	} while (error == CRYPTECH_ERR_NOT_READY);
	if (!EXPECT_EQ(error, 0))
		return false;
	p = xdr_get_opaque(&results, &len);
	if (!EXPECT(hss_get_public(public, public_len, &levels, &root)) ||
	    !EXPECT(hss_get_signature(p, len, levels, &root, steps, &used)))
		return false;
	if (!EXPECT(released_len + len <= sizeof(released)))
		return false;
	memcpy(released + released_len, p, len);
	released_len += len;
	for (unsigned int i = 0; i < levels; i++)
		tree_of(&steps[i].key)->leaves |=
			1u << steps[i].signature.q;
	return true;
}

/* --- the tap ------------------------------------------------------------------------ */

static uint8_t *tapped;
static size_t tapped_len;

static uint8_t *read_file(const char *path, size_t *len)
{
	struct stat status;
	uint8_t *data;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &status))
		abort();
	data = malloc(status.st_size + 1);
	*len = 0;
	while (*len < (size_t)status.st_size) {
		ssize_t got = read(fd, data + *len, status.st_size - *len);

		if (got <= 0)
			abort();
		*len += got;
	}
	close(fd);
	return data;
}

/* Calls @see for each thing that was tapped. */
static void for_tapped(void (*see)(const struct hs_tap *tap,
				   const uint8_t *data, void *arg), void *arg)
{
	size_t at = 0;

	while (at + sizeof(struct hs_tap) <= tapped_len) {
		struct hs_tap tap;

		memcpy(&tap, tapped + at, sizeof(tap));
		see(&tap, tapped + at + sizeof(tap), arg);
		at += sizeof(tap) + tap.first + tap.second;
	}
}

static bool makes_root(const struct tree *tree,
		       const uint8_t (*seeds)[LMS_N_MAX])
{
	uint8_t nodes[2 * LEAVES * LMS_N_MAX];
	const struct lms_params *p = &tree->params;

	for (uint32_t q = 0; q < LEAVES; q++)
		lms_leaves(p, tree->id, q, 1, seeds[LEAVES + q], p->n,
			   nodes + (LEAVES + q) * p->n);
	for (uint32_t r = LEAVES - 1; r; r--)
		lms_nodes(p, tree->id, r, 1, nodes + 2 * r * p->n,
			  nodes + r * p->n);
	return !memcmp(nodes + p->n, tree->root, p->n);
}

static void try_seed(const struct hs_tap *tap, const uint8_t *data, void *arg)
{
	struct tree *tree = arg;
	const struct lms_params *p = &tree->params;

	if (tree->found || tap->kind != HS_TAP_RANDOM || tap->first < p->n ||
	    tap->first > LMS_N_MAX)
		return;
	memcpy(tree->seeds[1], data, p->n);
	for (uint32_t r = 1; r < LEAVES; r++)
		lms_seed_children(p, tree->id, r, tree->seeds[r],
				  tree->seeds[2 * r], tree->seeds[2 * r + 1]);
	tree->found = makes_root(tree,
				 (const uint8_t (*)[LMS_N_MAX])tree->seeds);
}

/* --- the search ----------------------------------------------------------------------- */

enum { FORBIDDEN, WANTED };

/* x_q[i] = H(I | u32 q | u16 i | u8 0xff | SEED_q), RFC 8554, appendix A; as a
 * chain of one step with 0xff for its number. */
static void note_private(const struct tree *tree, uint32_t q)
{
	const struct lms_params *p = &tree->params;

	for (unsigned int i = 0; i < p->p; i++) {
		uint8_t input[LMS_ID_SIZE + 7 + LMS_N_MAX], x[32];
		struct core_hash *hash;

		memcpy(input, tree->id, LMS_ID_SIZE);
		input[16] = input[17] = input[18] = 0;
		input[19] = q;
		input[20] = i >> 8;
		input[21] = i;
		input[22] = 0xff;
		memcpy(input + 23, tree->seeds[LEAVES + q], p->n);
		hash = core_hash_new(CRYPTECH_DIGEST_SHA256, NULL, 0);
		core_hash_update(hash, input, 23 + p->n);
		core_hash_final(hash, x);
		core_hash_free(hash);
		/* Where the digit was 0, it is part of the signature. */
		if (!memmem(released, released_len, x, p->n))
			hs_note(x, p->n, FORBIDDEN, 1, false);
	}
}

static void note_wrap(const struct hs_tap *tap, const uint8_t *data, void *arg)
{
	const struct hs_forbidden f = { .nodes = { [FORBIDDEN] = 1 } };
	size_t at;

	(void)arg;
	if (tap->kind == HS_TAP_WRAP && tap->second <= 72 &&
	    hs_look(&f, data, tap->first, &at))
		hs_note(data + tap->first, tap->second, FORBIDDEN, 1, true);
}

/* Of each tree: the leaves that signed, or in a run that was taken, @run of
 * them from a multiple of @run on; or all, when the key is deleted. */
static bool note_secrets(uint32_t run, bool all)
{
	free(tapped);
	tapped = read_file("tap", &tapped_len);
	hs_keys_forget();
	for (unsigned int i = 0; i < tree_count; i++) {
		struct tree *tree = &trees[i];
		uint64_t spent = 0;

		for_tapped(try_seed, tree);
		if (!EXPECT(tree->found))
			return false;
		for (uint32_t q = 0; q < LEAVES; q++) {
			if (!all && !(tree->leaves >> q & 1))
				continue;
			note_private(tree, q);
			for (uint32_t r = LEAVES + q; r; r /= 2)
				spent |= UINT64_C(1) << r;
		}
		/* The run's leaves have seeds in memory, and nothing above. */
		for (uint32_t q = 0; q < LEAVES && run > 1; q++)
			if (tree->leaves >> (q - q % run) & 1)
				for (uint32_t r = (LEAVES + q) / 2; r; r /= 2)
					spent |= UINT64_C(1) << r;
		for (uint32_t r = 1; r < 2 * LEAVES; r++)
			hs_note(tree->seeds[r], tree->params.n,
				spent >> r & 1 ? FORBIDDEN : WANTED, 1, false);
	}
	for_tapped(note_wrap, NULL);
	return true;
}

struct findings {
	unsigned int forbidden, wanted;
	uint64_t bytes;
};

static void search(const char *what, const uint8_t *data, size_t len,
		   struct findings *found)
{
	const struct hs_forbidden f = { .nodes = { 1, 1 } };
	const struct hs_secret *s;
	size_t from = 0, at;

	found->bytes += len;
	while ((s = hs_look(&f, data + from, len - from, &at))) {
		from += at + 1;
		if (s->slot == FORBIDDEN) {
			if (!found->forbidden++)
				printf("# %s at %zx: a spent secret%s\n",
				       what, from - 1,
				       s->wrapped ? ", wrapped" : "");
		} else {
			found->wanted++;
		}
	}
}

#define PIECE	(1 << 20)
#define OVERLAP	128

static void search_range(int fd, const char *name, uint64_t from, uint64_t to,
			 struct findings *found)
{
	static uint8_t piece[PIECE + OVERLAP];

	for (uint64_t at = from; at < to; at += PIECE) {
		uint64_t want = to - at < sizeof(piece) ? to - at :
							  sizeof(piece);
		ssize_t got = pread(fd, piece, want, at);

		if (got > 0)
			search(name, piece, got, found);
	}
}

static void search_process(pid_t pid, struct findings *found)
{
	char path[64], line[512];
	FILE *maps;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (EXPECT(maps) && EXPECT(fd >= 0)) {
		while (fgets(line, sizeof(line), maps)) {
			uint64_t from, to;
			char rights[8];

			if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from,
				   &to, rights) == 3 && rights[1] == 'w')
				search_range(fd, strtok(line, "\n"), from, to,
					     found);
		}
	}
	if (maps)
		fclose(maps);
	if (fd >= 0)
		close(fd);
}

static void search_folder(const char *folder, struct findings *found)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (EXPECT(dir) && (entry = readdir(dir))) {
		struct stat status;
		char path[512];
		uint8_t *data;
		size_t len;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (stat(path, &status) || !S_ISREG(status.st_mode))
			continue;
		data = read_file(path, &len);
		search(path, data, len, found);
		free(data);
	}
	closedir(dir);
}

/* Search the process and what it keeps; @control: unspent seeds are there. */
static void look_for_secrets(uint32_t run, bool all, bool control)
{
	struct findings memory = { 0 }, flash = { 0 };
	pid_t pid;

	if (!note_secrets(run, all))
		return;
	kill(hsm, SIGSTOP);
	for (pid = hsm; pid > 0; pid = box_child_of(pid))
		search_process(pid, &memory);
	search_folder("state", &flash);
	kill(hsm, SIGCONT);
	EXPECT_EQ(memory.forbidden, 0);
	EXPECT_EQ(flash.forbidden, 0);
	if (control)
		EXPECT(memory.wanted > 0);
	else
		EXPECT_EQ(memory.wanted, 0);
	EXPECT_EQ(flash.wanted, 0);	/* in clear: never */
	printf("# %" PRIu64 " KiB of memory, %" PRIu64 " KiB of files, %u trees\n",
	       memory.bytes / 1024, flash.bytes / 1024, tree_count);
}

/* --- tests ------------------------------------------------------------------------------- */

static void spent_leaves_are_gone(void)
{
	uint8_t uuid[16], public[64];
	size_t len;

	tree_count = released_len = 0;
	REQUIRE(start_hsm());
	REQUIRE(make_key(2, 1, uuid));
	REQUIRE(get_public(uuid, public, &len));
	for (int i = 0; i < 40; i++)
		REQUIRE(sign(uuid, public, len));
	EXPECT_EQ(tree_count, 3);
	look_for_secrets(1, false, true);
	stop_hsm(SIGKILL);
	REQUIRE(start_hsm());
	REQUIRE(sign(uuid, public, len));
	look_for_secrets(1, false, true);
	REQUIRE(delete_key(uuid));
	look_for_secrets(1, true, false);
	stop_hsm(SIGTERM);
}

static void a_run_leaves_nothing_above_it(void)
{
	uint8_t uuid[16], public[64];
	size_t len;

	tree_count = released_len = 0;
	REQUIRE(start_hsm());
	REQUIRE(make_key(1, 8, uuid));
	REQUIRE(get_public(uuid, public, &len));
	for (int i = 0; i < 11; i++)
		REQUIRE(sign(uuid, public, len));
	EXPECT_EQ(tree_count, 1);
	look_for_secrets(8, false, true);
	stop_hsm(SIGTERM);
}

int main(void)
{
	box_open();
	setenv("HS_TAP", "tap", 1);
	RUN(spent_leaves_are_gone);
	RUN(a_run_leaves_nothing_above_it);
	box_kill_all();
	box_close();
	free(tapped);
	return tap_done();
}
