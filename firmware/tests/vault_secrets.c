// SPDX-License-Identifier: MIT
/*
 * No value of a key of the vault is ever in the firmware's memory.
 *
 * The HSM runs in a process of its own, on a line to this one, which has the FPGA
 * and knows all that ever was in a slot. After each thing that the HSM did, all
 * of its memory that can be written (heap, freed or not, stacks, data; flash and
 * mailbox are among it) is searched for these values, for every seed of the
 * trees that follow from them, and for what chains of leaves that did not sign
 * begin with. What has to be there, names of trees, is found.
 */
#include "vault_box.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cores/fpga/internal.h"
#include "../hashsig/math.h"
#include "fpga_model.h"

#define FLASH	(256 * 1024)

/* --- the line between the two --------------------------------------------------- */

enum request { TRANSFER = 1, WAIT, NEW, RESET, LOOK, OVER };

struct message {
	uint32_t request, len;
	uint8_t data[512];
};

static int to_fpga;		/* the HSM's end */

static void send_message(int fd, const struct message *m)
{
	if (write(fd, m, sizeof(*m)) != sizeof(*m))
		exit(1);
}

static bool receive(int fd, struct message *m)
{
	return recv(fd, m, sizeof(*m), MSG_WAITALL) == sizeof(*m);
}

/* --- the HSM's process ------------------------------------------------------------ */

static struct message told;

static void tell(enum request request)
{
	told.request = request;
	send_message(to_fpga, &told);
	if (!receive(to_fpga, &told))
		exit(1);
}

static int far_transfer(void *data, const uint8_t *out, uint8_t *in, size_t len)
{
	(void)data;
	if (len > sizeof(told.data))
		return -1;
	told.len = len;
	memcpy(told.data, out, len);
	tell(TRANSFER);
	memcpy(in, told.data, len);
	return 0;
}

static void far_wait(void *data)
{
	(void)data;
	tell(WAIT);
}

void board_new(struct spi *spi)
{
	*spi = (struct spi){ .transfer = far_transfer, .wait = far_wait };
	tell(NEW);
}

void board_reset(void *unused)
{
	(void)unused;
	tell(RESET);
}

void board_done(void)
{
}

static bool use_aes(const uint8_t *name, uint32_t mode)
{
	uint8_t iv[16] = { 1 }, data[64] = { 2 };
	struct bytes out;
	const uint8_t *at;

	if (ask(&box, ME, CRYPTECH_RPC_ENCRYPT, "ououo", name,
		(size_t)UUID_SIZE, mode, iv, sizeof(iv), 0, data, sizeof(data)))
		return false;
	xdr_get_opaque(&box.results, &out.len);
	at = xdr_get_opaque(&box.results, &out.len);
	memcpy(out.data, at, out.len);
	return !ask(&box, ME, CRYPTECH_RPC_DECRYPT, "ououo", name,
		    (size_t)UUID_SIZE, mode, iv, sizeof(iv), 0, out.data,
		    out.len);
}

/* What it does; each step is looked at. */
static bool life(void)
{
	static const uint8_t cbc[] = "an AES-256 key..", xts[] = "an XTS key......",
			     one[] = "a tree..........", two[] = "another tree....";
	struct signature signature;

	if (!vault_fresh(2, FLASH) ||
	    vault_make_aes(cbc, CRYPTECH_KEY_AES256, TOKEN) ||
	    vault_make_aes(xts, CRYPTECH_KEY_AES256_XTS, 0) ||
	    !use_aes(cbc, CRYPTECH_MODE_CBC) || !use_aes(xts, CRYPTECH_MODE_XTS))
		return false;
	tell(LOOK);
	if (!vault_make_hss(one, H5_W8) || !vault_make_hss(two, 0x0a, 0x07))
		return false;
	tell(LOOK);
	for (int i = 0; i < 3; i++) {
		if (sign_text(one, "x", &signature) ||
		    sign_text(two, "y", &signature))
			return false;
		tell(LOOK);
	}
	if (!vault_power() || sign_text(one, "z", &signature) ||
	    !use_aes(cbc, CRYPTECH_MODE_CBC))
		return false;
	tell(LOOK);
	if (delete_key(one) || delete_key(cbc))
		return false;
	tell(LOOK);
	vault_over();
	return true;
}

static int be_hsm(int fd)
{
	bool good;

	to_fpga = fd;
	good = life();
	told.len = good;
	tell(OVER);
	return good ? 0 : 1;
}

/* --- the FPGA's process: what is looked for --------------------------------------- */

struct needle {
	uint8_t bytes[32];
	uint8_t len;
};

#define NEEDLES_MAX	4096

static struct model model;
static struct needle needles[NEEDLES_MAX];
static unsigned int needle_count;
static uint8_t ids[8][16];
static unsigned int id_count;

static void look_for(const uint8_t *bytes, size_t len)
{
	static const uint8_t zeros[32];

	if (!memcmp(bytes, zeros, len))
		return;
	for (unsigned int i = 0; i < needle_count; i++)
		if (needles[i].len == len &&
		    !memcmp(needles[i].bytes, bytes, len))
			return;
	if (needle_count == NEEDLES_MAX)
		abort();
	memcpy(needles[needle_count].bytes, bytes, len);
	needles[needle_count++].len = len;
}

/* What chains begin with (RFC 8554, appendix A). */
static void look_for_chains(const struct lms_params *params, const uint8_t *id,
			    uint32_t q, const uint8_t *seed)
{
	uint8_t input[16 + 4 + 2 + 1 + 32], x[32];

	memcpy(input, id, 16);
	put_word(input + 16, q);
	input[22] = 0xff;
	memcpy(input + 23, seed, params->n);
	for (unsigned int i = 0; i < params->p; i++) {
		input[20] = i >> 8;
		input[21] = i;
		core_sha256(input, 23 + params->n, x);
		look_for(x, params->n);
	}
}

/*
 * Every seed under one that a slot has. Leaves from 8 on do not sign here: what
 * a chain begins with may else be a part of a signature.
 */
static void look_for_seeds(const struct lms_params *params, const uint8_t *id,
			   uint32_t r, const uint8_t *seed)
{
	uint32_t leaves = 1u << params->h;
	uint8_t left[32], right[32];

	look_for(seed, params->n);
	if (r >= leaves) {
		if (r - leaves >= 8 && r - leaves < 16)
			look_for_chains(params, id, r - leaves, seed);
		return;
	}
	lms_seed_children(params, id, r, seed, left, right);
	look_for_seeds(params, id, 2 * r, left);
	look_for_seeds(params, id, 2 * r + 1, right);
}

static void look_for_tree(const uint32_t *slot, const uint8_t *value)
{
	uint32_t meta = slot[13];
	struct lms_params params;
	uint8_t id[16];

	put_words(id, slot + 8, 16);
	for (unsigned int i = 0; i < id_count; i++)
		if (!memcmp(ids[i], id, 16))
			return;
	if (slot[12] != 1 || id_count == 8 ||
	    !lms_params_of(&params, meta & FPGA_META_N24 ? 24 : 32,
			   (meta & FPGA_META_HEIGHT) >>
			   FPGA_META_HEIGHT_SHIFT,
			   1u << ((meta & FPGA_META_WIDTH) >>
				  FPGA_META_WIDTH_SHIFT)))
		abort();
	memcpy(ids[id_count++], id, 16);
	look_for_seeds(&params, id, 1, value);
}

static void take_down(void)
{
	uint8_t value[32];

	for (unsigned int i = 0; i < VAULT_SLOTS; i++) {
		const uint32_t *slot = model.slots[i];

		if (!(slot[13] & FPGA_META_VALID) ||
		    (slot[13] & FPGA_META_CLEAR))
			continue;
		put_words(value, slot, 32);
		if ((slot[13] & FPGA_META_USE) == FPGA_USE_SEED) {
			look_for(value, slot[13] & FPGA_META_N24 ? 24 : 32);
			look_for_tree(slot, value);
		} else {
			look_for(value, slot[13] & FPGA_META_LONG ||
				 (slot[13] & FPGA_META_USE) ? 32 : 16);
		}
	}
	put_words(value, model.memory.master, 32);
	look_for(value, 32);
}

/* --- and where ------------------------------------------------------------------------ */

static unsigned int found, ids_found, looks;
static uint64_t searched;

/* By their first two bytes, or each byte would be compared with thousands. */
static uint16_t first_of[65536], next_of[NEEDLES_MAX];

static void sort_needles(void)
{
	memset(first_of, 0, sizeof(first_of));
	for (unsigned int i = 0; i < needle_count; i++) {
		uint16_t *first = &first_of[needles[i].bytes[0] << 8 |
					    needles[i].bytes[1]];

		next_of[i] = *first;
		*first = i + 1;
	}
}

static void search(const uint8_t *at, size_t len, const char *where)
{
	for (size_t i = 0; i + 32 <= len; i++) {
		unsigned int n = first_of[at[i] << 8 | at[i + 1]];

		for (; n; n = next_of[n - 1]) {
			if (memcmp(at + i, needles[n - 1].bytes,
				   needles[n - 1].len))
				continue;
			found++;
			printf("# value %u is in the HSM's memory: %s", n - 1,
			       where);
		}
		for (unsigned int k = 0; k < id_count; k++)
			ids_found += !memcmp(at + i, ids[k], 16);
	}
	searched += len;
}

/* All that a process can write; it stands still meanwhile. */
static void search_process(pid_t pid)
{
	char path[64], text[512];
	unsigned long from, to;
	uint8_t *copy;
	FILE *maps;
	int mem;

	sort_needles();
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "r");
	while (mem >= 0 && maps && fgets(text, sizeof(text), maps)) {
		char mode[8];

		if (sscanf(text, "%lx-%lx %7s", &from, &to, mode) != 3 ||
		    mode[1] != 'w')
			continue;
		copy = malloc(to - from);
		if (copy && pread(mem, copy, to - from, from) ==
		    (ssize_t)(to - from))
			search(copy, to - from, text);
		free(copy);
	}
	if (maps)
		fclose(maps);
	close(mem);
	looks++;
}

/* Serves the line until the HSM's life is over. */
static bool serve(int fd, pid_t pid)
{
	static struct message m;
	struct spi spi;
	uint8_t in[sizeof(m.data)];

	model_spi(&model, &spi);
	while (receive(fd, &m)) {
		switch (m.request) {
		case TRANSFER:
			spi.transfer(&model, m.data, in, m.len);
			memcpy(m.data, in, m.len);
			take_down();
			break;
		case WAIT:
			spi.wait(&model);
			break;
		case NEW:
			model_init(&model);
			break;
		case RESET:
			model_reset(&model);
			break;
		case LOOK:
			search_process(pid);
			break;
		case OVER:
			send_message(fd, &m);
			return m.len;
		}
		send_message(fd, &m);
	}
	return false;
}

static void nothing_is_found(void)
{
	int fds[2], status;
	bool lived;
	pid_t pid;

	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(be_hsm(fds[1]));
	close(fds[1]);
	lived = serve(fds[0], pid);
	EXPECT(lived);
	EXPECT(waitpid(pid, &status, 0) == pid && !status);
	EXPECT_EQ(looks, 7);
	EXPECT_EQ(id_count, 2);
	EXPECT(needle_count > 700);
	EXPECT_EQ(found, 0);
	/* The search finds what is there. */
	EXPECT(ids_found > 0);
	printf("# %u values, not found in %llu MB of memory; names %u times\n",
	       needle_count, (unsigned long long)searched >> 20, ids_found);
}

int main(void)
{
	RUN(nothing_is_found);
	return tap_done();
}
