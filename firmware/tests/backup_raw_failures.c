// SPDX-License-Identifier: MIT
/*
 * Raw packages that do not open: as in backup_failures.c, whatever is
 * wrong has one error and costs the same.
 *
 * That a key is parked here is no secret (PARKED_LIST), so packages of parked
 * keys are compared among themselves, and those of others.
 */
#include "counted.h"
#include "raw_box.h"

#define ROUNDS		24
#define HEAD		40	/* of a package without recovery, to `wrapped` */
#define UUID_AT		20

static uint64_t random_state = 1;

static void flip(uint8_t *data, size_t len)
{
	data[nor_random(&random_state) % len] ^=
		1 << nor_random(&random_state) % 8;
}

/* The import of such packages: always refused, and the costs go to @s. */
static void refused(const struct package *good, size_t from, size_t len,
		    struct statistics *s)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		static struct package bad;
		int error;

		bad = *good;
		flip(bad.data + from, len);
		memset(&now, 0, sizeof(now));
		counting = true;
		error = raw_import(&bad);
		counting = false;
		EXPECT_EQ(error, CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
		enter(s, &now);
	}
}

/* Behind the length of `wrapped`, and before it what has no length. */
static void all_kinds(const struct package *good, struct statistics *first)
{
	struct statistics check = { 0 }, foreign = { 0 };
	static struct package other;

	refused(good, HEAD + 4, good->len - HEAD - 4, first);
	tell(first, "flipped bits of the wrapped key");
	EXPECT(is_same(first, first, "flipped bits of the wrapped key"));
	refused(good, 12, 8, &check);
	EXPECT(is_same(first, &check, "another master key's name"));
	other = *good;
	for (size_t i = HEAD + 4; i < other.len; i++)
		other.data[i] = nor_random(&random_state);
	refused(&other, HEAD + 4, other.len - HEAD - 4, &foreign);
	EXPECT(is_same(first, &foreign, "another HSM's package"));
}

static void a_key_that_went(void)
{
	struct statistics first = { 0 }, name = { 0 };
	static struct package package;

	REQUIRE(raw_fresh());
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus",
		     name_of('a'), (size_t)UUID_SIZE, CRYPTECH_KEY_EC_P256,
		     SIGNS | TOKEN | EXPORTABLE, ""));
	REQUIRE(!raw_export(ME, name_of('a'), &package));
	REQUIRE(!delete_key(name_of('a')));
	all_kinds(&package, &first);
	refused(&package, UUID_AT, UUID_SIZE, &name);
	EXPECT(is_same(&first, &name, "another key's name"));
	EXPECT_EQ(raw_import(&package), 0);
}

static void a_key_that_is_parked(void)
{
	struct statistics first = { 0 }, name = { 0 }, older = { 0 };
	static struct package dead, package;

	REQUIRE(raw_fresh());
	REQUIRE(!generate_as(ME, name_of('h'), UUID_SIZE, FLAGS | EXPORTABLE,
			     "", CRYPTECH_HASHSIG_PUNCTURED, 1,
			     SETS(1, { H5_W8 })));
	REQUIRE(job_wait(ME, name_of('h')) == CRYPTECH_JOB_DONE);
	REQUIRE(!raw_export(ME, name_of('h'), &dead));
	REQUIRE(!delete_key(name_of('h')) && !raw_import(&dead));
	REQUIRE(!raw_export(ME, name_of('h'), &package));
	REQUIRE(!delete_key(name_of('h')));
	all_kinds(&package, &first);
	/* whole, but of a Kp that is no more */
	refused(&dead, HEAD + 4, dead.len - HEAD - 4, &older);
	EXPECT(is_same(&first, &older, "an older package"));
	refused(&package, UUID_AT, UUID_SIZE, &name);
	tell(&name, "a key that is not parked here");
	EXPECT(is_same(&name, &name, "a key that is not parked here"));
	EXPECT_EQ(raw_import(&dead), CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	EXPECT_EQ(raw_import(&package), 0);
}

int main(void)
{
	RUN(a_key_that_went);
	RUN(a_key_that_is_parked);
	return tap_done();
}
