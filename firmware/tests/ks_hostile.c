// SPDX-License-Identifier: MIT
/*
 * Flash that holds anything: keystores with bytes and bits changed, headers
 * that lie under good check sums, noise. Nothing may crash, run for ever or
 * read beyond; what can be mounted can be used.
 *
 * --full, or CRYPTECH_FULL=1 in the environment: fifty times as many.
 */
#include <stdlib.h>

#include "../keystore/internal.h"
#include "ks_fixture.h"

#define SECTOR	256
#define SIZE	(24 * SECTOR)

static uint64_t seeds = 500;
static unsigned int refused, mounted, lost;

/* A keystore with some past in @into. */
static void grow(struct nor *into)
{
	static struct nor *grown;

	if (!grown) {
		struct box box = { .nor = nor_new(SIZE, SECTOR) };
		struct op op;

		grown = box.nor;
		box_mount(&box, 1);
		for (unsigned int i = 0; i < 200; i++) {
			op.kind = i % 5 == 0 ? OP_DELETE :
				  i % 11 == 0 ? OP_CELL_WRITE :
				  i % 13 == 0 ? OP_CELL_ZERO : OP_WRITE;
			op.slot = i % 12;
			op.len = i % 90;
			box_do(&box, &op);
		}
		box_unmount(&box);
	}
	nor_copy(into, grown);
}

/* Whatever was found: read all, delete some, write some. */
static void use(uint64_t seed)
{
	uint8_t name[KS_NAME_SIZE], owner[KS_NAME_SIZE];
	uint8_t data[KS_RECORD_MAX];
	uint64_t rng = seed;
	ks_cell cell = 0;
	size_t len;

	for (unsigned int class = 1; class < 256; class++) {
		const uint8_t *previous = NULL;

		while (!ks_next(ks, class, previous, name, &len)) {
			ks_read(ks, class, name, data, sizeof(data), &len);
			if (nor_random(&rng) % 4 == 0)
				EXPECT_EQ(ks_delete(ks, class, name), KS_OK);
			previous = name;
		}
	}
	for (unsigned int o = 0; o < 3; o++) {
		model_owner(o, owner);
		while ((cell = ks_cell_next(ks, owner, cell)))
			ks_cell_read(ks, cell, owner, data);
	}
	ks_cell_zero(ks, nor_random(&rng) % SIZE);
	for (uint32_t i = 0; i < 6; i++) {
		int ret = put(i, nor_random(&rng) % 100);

		EXPECT(ret == KS_OK || ret == KS_FULL);
	}
	lost += stats_now().lost;
}

static void try_one(uint64_t seed)
{
	int ret = ks_mount(&ks, &nor->flash);

	EXPECT(ret == KS_OK || ret == KS_BAD_FLASH);
	if (ret == KS_OK) {
		mounted++;
		use(seed);
		ks_unmount(ks);
		/* What it has made of it, it can mount again. */
		EXPECT_EQ(ks_mount(&ks, &nor->flash), KS_OK);
		ks_unmount(ks);
	} else {
		refused++;
	}
	ks = NULL;
}

static void for_seeds(void (*spoil)(uint64_t *rng))
{
	nor = nor_new(SIZE, SECTOR);
	REQUIRE(nor);
	refused = mounted = lost = 0;
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		uint64_t rng = seed;

		grow(nor);
		spoil(&rng);
		try_one(seed);
		if (tap_failed) {
			printf("# seed %d\n", (int)seed);
			break;
		}
	}
	printf("# %u mounted, %u refused, %u records lost\n", mounted, refused,
	       lost);
	nor_free(nor);
	nor = NULL;
}

/* --- ways of spoiling ---------------------------------------------------- */

static void flip_bits(uint64_t *rng)
{
	for (uint64_t n = 1 + nor_random(rng) % 64; n; n--)
		nor->bits[nor_random(rng) % SIZE] ^= 1 << nor_random(rng) % 8;
}

static void overwrite(uint64_t *rng)
{
	for (uint64_t n = 1 + nor_random(rng) % 4; n; n--) {
		uint32_t at = nor_random(rng) % SIZE;
		uint32_t len = nor_random(rng) % 300;
		unsigned int fill = nor_random(rng) % 4;

		for (uint32_t i = at; i < at + len && i < SIZE; i++)
			nor->bits[i] = fill == 0 ? 0 : fill == 1 ? 0xff :
				       nor_random(rng);
	}
}

/* Pieces of the keystore in other places of it. */
static void shuffle(uint64_t *rng)
{
	for (uint64_t n = 1 + nor_random(rng) % 6; n; n--) {
		uint32_t len = 16 * (1 + nor_random(rng) % 16);
		uint32_t from = nor_random(rng) % (SIZE - len) / 16 * 16;
		uint32_t to = nor_random(rng) % (SIZE - len) / 16 * 16;

		memmove(nor->bits + to, nor->bits + from, len);
	}
}

static void noise(uint64_t *rng)
{
	for (uint32_t i = 0; i < SIZE; i++)
		nor->bits[i] = nor_random(rng);
	/* Often with a header that is good. */
	if (nor_random(rng) % 2) {
		struct keystore fake = {
			.flash = &nor->flash, .seg_size = 3 * SECTOR
		};

		segment_encode(&fake, 2, nor_random(rng),
			       nor->bits + 6 * SECTOR);
	}
}

static uint32_t crc_at(uint32_t pos, const uint8_t *data, uint32_t len)
{
	uint8_t p[4];

	put_le32(p, pos);
	return ks_crc(ks_crc(0, p, sizeof(p)), data, len);
}

static uint32_t liar(uint64_t *rng)
{
	static const uint32_t lies[] = {
		0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0,
		0xffffffc0, 16384, 16385, 700, 720, 768, 256,
	};

	return nor_random(rng) % 2 ? nor_random(rng) :
	       lies[nor_random(rng) % (sizeof(lies) / sizeof(*lies))];
}

/* Headers whose check sums are right and whose contents lie. */
static void lie(uint64_t *rng)
{
	for (uint32_t n = 1 + nor_random(rng) % 20; n; n--) {
		uint32_t at = nor_random(rng) % (SIZE - 96) / 16 * 16;
		uint8_t *p = nor->bits + at;
		unsigned int what = nor_random(rng) % 4;

		if (what == 0) {
			at = at / SECTOR * SECTOR;
			p = nor->bits + at;
			memcpy(p, nor->bits, 32);
			put_le32(p, SEGMENT_MAGIC);
			put_le32(p + 4 * (1 + nor_random(rng) % 4), liar(rng));
			put_le32(p + 20, crc_at(at, p, 20));
		} else if (what == 1) {
			put_le32(p, CELL_MAGIC);
			model_owner(nor_random(rng) % 3, p + 4);
			put_le32(p + 28, crc_at(at, p, 28));
		} else {
			p[0] = 'K';
			p[1] = 'R';
			p[2] = nor_random(rng) % 4;
			p[3] = nor_random(rng) % 6;
			put_le32(p + 4, liar(rng));
			put_le32(p + 8, nor_random(rng) % 4 ? 0 : liar(rng));
			if (nor_random(rng) % 2)
				model_name(nor_random(rng) % 6, p + 12);
			put_le32(p + 28, liar(rng) % 900);
			if (nor_random(rng) % 4 == 0)
				put_le32(p + 28, liar(rng));
			put_le32(p + 36, crc_at(at, p, 36));
			put_le32(p + 40, nor_random(rng) % 2 ? 0 : liar(rng));
			put_le32(p + 44, nor_random(rng) % 2 ? 0 : liar(rng));
		}
	}
}

/* --- tests --------------------------------------------------------------- */

static void bits_flipped(void)
{
	for_seeds(flip_bits);
	EXPECT(mounted && lost);
}

static void bytes_overwritten(void)
{
	for_seeds(overwrite);
	EXPECT(mounted && lost);
}

static void pieces_shuffled(void)
{
	for_seeds(shuffle);
	EXPECT(mounted && lost);
}

static void noise_alone(void)
{
	for_seeds(noise);
	EXPECT(mounted && refused);
}

static void lying_headers(void)
{
	for_seeds(lie);
	EXPECT(mounted && refused);
}

int main(int argc, char **argv)
{
	if ((argc > 1 && !strcmp(argv[1], "--full")) ||
	    getenv("CRYPTECH_FULL"))
		seeds *= 50;
	RUN(bits_flipped);
	RUN(bytes_overwritten);
	RUN(pieces_shuffled);
	RUN(noise_alone);
	RUN(lying_headers);
	return tap_done();
}
