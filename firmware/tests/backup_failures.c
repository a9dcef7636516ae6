// SPDX-License-Identifier: MIT
/*
 * Packages that do not open: whatever is wrong inside, the error is one and so
 * is the work. Counted is what costs time, at the border to libcrypto
 * (link-time wrapping): RSA, ECDSA, blocks that are hashed or unwrapped. A clock
 * would tell of the machine, too.
 *
 * What is wrong is of two kinds. *Inside*: what only who knows the KEKEK's
 * private half could tell (padding, KEK, key wrap, image, whether a KEKEK
 * is there): all the same. *Outside*: what whoever made the package sees himself
 * (lengths, signature): one error, and whether a KEKEK is used at all is a
 * matter of the kind.
 *
 * The KEKEK has 3,072 bits, as those have that the HSM makes for one key, and the
 * one that stands in for what is not there. It has been used once, so that it
 * need not be read first.
 */
#include "../backup/package.h"
#include "backup_box.h"
#include "counted.h"

#define LABEL	"cryptech transfer"
#define KEK	32

static unsigned int rounds = 24;	/* packages of each kind */
static uint64_t random_state = 1;

/* --- packages -------------------------------------------------------------------------- */

/* What a package is made of; a good one, to begin with. */
struct parts {
	uint8_t destination[CRYPTECH_SERIAL_SIZE];
	uint8_t kekek[UUID_SIZE], uuid[UUID_SIZE];
	struct bytes kek;		/* encrypted */
	struct blob wrapped;
	bool bad_signature;
};

static struct parts good;
static struct bytes kekek_spki;
static uint8_t kek[KEK + 1];
static struct blob image;

static uint32_t draw(uint32_t n)
{
	return nor_random(&random_state) % n;
}

static void draw_bytes(void *data, size_t len)
{
	uint8_t *p = data;

	while (len--)
		*p++ = draw(256);
}

static void flip(uint8_t *data, size_t len)
{
	data[draw(len)] ^= 1 << draw(8);
}

static void encrypt(struct parts *p, const char *label, const uint8_t *plain,
		    size_t len)
{
	EXPECT(soft_rsa(&kekek_spki, true, label, plain, len, &p->kek));
}

static void assemble(const struct parts *p, struct blob *package)
{
	put_head(package, ATTEST_PACKAGE);
	put_bytes(package, soft_serial, sizeof(soft_serial));
	put_bytes(package, p->destination, sizeof(p->destination));
	put_bytes(package, p->kekek, sizeof(p->kekek));
	put_bytes(package, p->uuid, sizeof(p->uuid));
	put_opaque(package, p->kek.data, p->kek.len);
	put_opaque(package, p->wrapped.data, p->wrapped.len);
	soft_sign(package);
	if (p->bad_signature)
		flip(package->data + package->len - 64, 64);
}

/* A key of SOURCE's, taken out of the package that it makes for the device of
 * software, which has the private half of this KEKEK. */
static bool make_good(void)
{
	static struct blob statement, package;
	struct transfer_package parsed;
	struct bytes kekek_der, opened;
	size_t signed_len;

	plain_encode(EVP_RSA_gen(3072), &kekek_der, &kekek_spki);
	if (!EXPECT(twins_fresh()) ||
	    !EXPECT_EQ(approve(DESTINATION, soft_serial, &soft_spki), 0) ||
	    !EXPECT_EQ(key_load_der(DESTINATION, &kekek_der, KEKEK | TOKEN,
				    "", good.kekek), 0) ||
	    !EXPECT_EQ(approve(SOURCE, soft_serial, &soft_spki), 0) ||
	    !EXPECT_EQ(key_generate_of(SOURCE, CRYPTECH_KEY_EC_P256, SIGNS |
				       TOKEN | EXPORTABLE, good.uuid), 0))
		return false;
	soft_statement(&statement, good.kekek, 0, &kekek_spki);
	if (!EXPECT_EQ(transfer_export(SOURCE, good.uuid, &statement,
				       &package), 0) ||
	    !EXPECT(transfer_package_parse(package.data, package.len, &parsed,
					   &signed_len)) ||
	    !EXPECT(soft_rsa(&kekek_der, false, LABEL, parsed.kek,
			     parsed.kek_len, &opened)) ||
	    !EXPECT_EQ(opened.len, KEK))
		return false;
	memcpy(kek, opened.data, KEK);
	memcpy(good.destination, DESTINATION->serial, CRYPTECH_SERIAL_SIZE);
	encrypt(&good, LABEL, kek, KEK);
	good.wrapped.len = parsed.wrapped_len;
	memcpy(good.wrapped.data, parsed.wrapped, parsed.wrapped_len);
	return EXPECT(soft_kwp(kek, false, parsed.wrapped, parsed.wrapped_len,
			       &image));
}

/* Count what the import of this costs. */
static void import(const struct parts *p, struct statistics *s, int wanted)
{
	static struct blob package;
	static struct imported imported;
	int error;

	assemble(p, &package);
	memset(&now, 0, sizeof(now));
	counting = true;
	error = transfer_import(DESTINATION, &package, 0, 0, &imported);
	counting = false;
	EXPECT_EQ(error, wanted);
	enter(s, &now);
}

/* --- what is wrong inside --------------------------------------------------------------- */

static void random_kek(struct parts *p)
{
	draw_bytes(p->kek.data + 1, p->kek.len - 1);
	p->kek.data[0] = 0;		/* below the modulus */
}

static void flipped_kek(struct parts *p)
{
	/* not in the first byte: it may go beyond the modulus */
	flip(p->kek.data + 1, p->kek.len - 1);
}

static void other_label(struct parts *p)
{
	encrypt(p, "cryptech transfes", kek, KEK);
}

static void no_label(struct parts *p)
{
	encrypt(p, "", kek, KEK);
}

static void libhals_padding(struct parts *p)
{
	encrypt(p, NULL, kek, KEK);
}

static void short_kek(struct parts *p)
{
	encrypt(p, LABEL, kek, draw(KEK));
}

static void long_kek(struct parts *p)
{
	encrypt(p, LABEL, kek, KEK + 1);
}

static void other_kek(struct parts *p)
{
	uint8_t other[KEK];

	draw_bytes(other, sizeof(other));
	encrypt(p, LABEL, other, KEK);
}

static void flipped_wrap(struct parts *p)
{
	flip(p->wrapped.data, p->wrapped.len);
}

static void wrap(struct parts *p, const struct blob *plain)
{
	EXPECT(soft_kwp(kek, true, plain->data, plain->len, &p->wrapped));
}

static void garbage_image(struct parts *p)
{
	static struct blob garbage;

	garbage.len = image.len;
	draw_bytes(garbage.data, garbage.len);
	wrap(p, &garbage);
}

/* Its magic, version, uuid or type, that is the first 40 bytes. */
static void changed_image(struct parts *p)
{
	static struct blob changed;

	changed = image;
	flip(changed.data, 28);
	wrap(p, &changed);
}

static void other_name(struct parts *p)
{
	flip(p->uuid, sizeof(p->uuid));
}

static void unknown_kekek(struct parts *p)
{
	draw_bytes(p->kekek, sizeof(p->kekek));
}

static void other_destination(struct parts *p)
{
	flip(p->destination, sizeof(p->destination));
}

static const struct kind {
	const char *name;
	void (*spoil)(struct parts *p);
} inside[] = {
	{ "flipped bits of the KEK", flipped_kek },
	{ "random bytes for the KEK", random_kek },
	{ "another label", other_label },
	{ "no label", no_label },
	{ "libhal's padding", libhals_padding },
	{ "a shorter KEK", short_kek },
	{ "a longer KEK", long_kek },
	{ "another KEK", other_kek },
	{ "flipped bits of the wrapped key", flipped_wrap },
	{ "a random image", garbage_image },
	{ "a changed image", changed_image },
	{ "another key's name", other_name },
	{ "a KEKEK that is not there", unknown_kekek },
	{ "another HSM's package", other_destination },
};
#define INSIDE	(sizeof(inside) / sizeof(inside[0]))

static void of_kind(const struct kind *kind, struct statistics *s)
{
	for (unsigned int i = 0; i < rounds; i++) {
		static struct parts p;

		p = good;
		kind->spoil(&p);
		import(&p, s, CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
	}
}

static void what_is_wrong_inside_is_not_told(void)
{
	struct statistics first = { 0 }, cold = { 0 };

	REQUIRE(make_good());
	of_kind(&inside[0], &cold);
	of_kind(&inside[0], &first);
	tell(&first, "each package");
	EXPECT(first.mean[RSA_PRIVATE] > 0 && first.mean[CIPHERS] > 0);
	for (size_t i = 0; i < INSIDE; i++) {
		struct statistics s = { 0 };

		of_kind(&inside[i], &s);
		EXPECT(is_same(&first, &s, inside[i].name));
	}
}

/* And the good one still opens: nothing of all this changed anything. */
static void then_the_good_one_opens(void)
{
	struct statistics s = { 0 };

	import(&good, &s, CRYPTECH_ERR_OK);
	import(&good, &s, CRYPTECH_ERR_KEY_NAME_IN_USE);
}

/* --- what is wrong outside --------------------------------------------------------------- */

static void bad_signature(struct parts *p)
{
	p->bad_signature = true;
}

static void cut_kek(struct parts *p)
{
	p->kek.len -= 1 + draw(p->kek.len - 1);
}

static void beyond_modulus(struct parts *p)
{
	memset(p->kek.data, 0xff, 8);
}

static void cut_wrap(struct parts *p)
{
	p->wrapped.len -= 1 + draw(p->wrapped.len - 1);
}

static const struct kind outside[] = {
	{ "a signature that is not right", bad_signature },
	{ "a KEK that is cut", cut_kek },
	{ "a KEK beyond the modulus", beyond_modulus },
	{ "a wrapped key that is cut", cut_wrap },
};
#define OUTSIDE	(sizeof(outside) / sizeof(outside[0]))

static void what_is_wrong_outside_has_that_error(void)
{
	REQUIRE(make_good());
	for (size_t i = 0; i < OUTSIDE; i++) {
		struct statistics s = { 0 };

		of_kind(&outside[i], &s);
		tell(&s, outside[i].name);
		EXPECT_EQ(s.least.of[EC_VERIFY], 1);
		EXPECT_EQ(s.most.of[EC_VERIFY], 1);
		/* a KEKEK is used, or it is not: not now and then */
		EXPECT_EQ(s.least.of[RSA_PRIVATE], s.most.of[RSA_PRIVATE]);
	}
}

int main(void)
{
	if (getenv("CRYPTECH_FULL"))
		rounds = 1000;
	soft_make();
	RUN(what_is_wrong_inside_is_not_told);
	RUN(then_the_good_one_opens);
	RUN(what_is_wrong_outside_has_that_error);
	twins_over();
	EVP_PKEY_free(soft_key);
	return tap_done();
}
