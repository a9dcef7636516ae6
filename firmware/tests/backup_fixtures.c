// SPDX-License-Identifier: MIT
/*
 * What older versions wrote, opened by this one, for ever: two HSMs as they lay
 * in flash, and the packages that were on the way between them and off them.
 *
 *	backup_fixtures --make > firmware/tests/vectors/backup_vN.txt
 *
 * makes a file of today's version. Its lines: name, hexadecimal bytes; of an
 * HSM's flash, whatever is not blank: name, offset, bytes.
 */
#include "backup_hss.h"

#define FLASH	(256 * 1024)
#define PIECE	64		/* bytes of flash a line */
#define NAMES	24

static const uint8_t web[UUID_SIZE] = "an EC key, name.", disk[UUID_SIZE] =
	"an AES key, name", mail[UUID_SIZE] = "an RSA key, name",
	away[UUID_SIZE] = "a key put away..", off[UUID_SIZE] =
	"a key taken off.", ordinary[UUID_SIZE] = "a KEKEK to reuse";

/* --- things in a file ----------------------------------------------------- */

static struct thing {
	char name[32];
	struct blob blob;
} things[NAMES];
static unsigned int thing_count;

static struct blob *thing(const char *name)
{
	for (unsigned int i = 0; i < thing_count; i++)
		if (!strcmp(things[i].name, name))
			return &things[i].blob;
	if (thing_count == NAMES)
		abort();
	snprintf(things[thing_count].name, sizeof(things[0].name), "%s", name);
	return &things[thing_count++].blob;
}

static void print_hex(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", data[i]);
	printf("\n");
}

static void print_twin(const struct twin *twin, const char *name)
{
	static uint8_t blank[PIECE];
	uint8_t anchor[8];

	memset(blank, 0xff, sizeof(blank));
	printf("%s.master ", name);
	print_hex(twin->box.master_key, sizeof(twin->box.master_key));
	for (unsigned int i = 0; i < 8; i++)
		anchor[i] = (uint8_t)(twin->anchor >> 8 * (7 - i));
	printf("%s.anchor ", name);
	print_hex(anchor, 8);
	for (uint32_t at = 0; at < FLASH; at += PIECE) {
		if (!memcmp(twin->nor->bits + at, blank, PIECE))
			continue;
		printf("%s.flash %06x ", name, at);
		print_hex(twin->nor->bits + at, PIECE);
	}
}

static void read_twin(struct twin *twin, const char *field, const char *rest)
{
	struct bytes bytes;

	if (!strcmp(field, "flash")) {
		from_hex(&bytes, rest + 7);
		memcpy(twin->nor->bits + strtoul(rest, NULL, 16), bytes.data,
		       bytes.len);
		return;
	}
	from_hex(&bytes, rest);
	if (!strcmp(field, "master")) {
		memcpy(twin->box.master_key, bytes.data, bytes.len);
		twin->box.has_master_key = true;
		return;
	}
	for (size_t i = 0; i < bytes.len; i++)
		twin->anchor = twin->anchor << 8 | bytes.data[i];
}

/* Both HSMs as the file has them, stopped; and the things. */
static bool read_file(const char *path)
{
	static char line[4 * CRYPTECH_RPC_MESSAGE_MAX];
	FILE *file = fopen(path, "r");
	struct bytes bytes;

	thing_count = 0;
	for (unsigned int i = 0; i < 2; i++) {
		struct twin *twin = &twins[i];

		box_stop(&twin->box);
		nor_free(twin->nor);
		twin->nor = nor_new(FLASH, 4096);
		twin_box(twin);
	}
	while (file && fgets(line, sizeof(line), file)) {
		char *name = line, *rest = strchr(line, ' '), *dot;

		if (line[0] == '#' || !rest)
			continue;
		*rest++ = 0;
		rest[strcspn(rest, "\n")] = 0;
		dot = strchr(name, '.');
		if (!strncmp(name, "source.", 7)) {
			read_twin(SOURCE, dot + 1, rest);
		} else if (!strncmp(name, "destination.", 12)) {
			read_twin(DESTINATION, dot + 1, rest);
		} else {
			from_hex(&bytes, rest);
			thing(name)->len = bytes.len;
			memcpy(thing(name)->data, bytes.data, bytes.len);
		}
	}
	if (file)
		fclose(file);
	return file && box_start(&SOURCE->box) && twin_login(SOURCE) &&
	       box_start(&DESTINATION->box) && twin_login(DESTINATION);
}

/* --- make ----------------------------------------------------------------- */

#define NEED(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "not so: %s\n", #what); \
			exit(1); \
		} \
	} while (0)

static int raw_export(const uint8_t *name, struct blob *package)
{
	int error = ask(&SOURCE->box, ME, CRYPTECH_RPC_RAW_EXPORT, "o",
			UUID(name));

	return error ? error : take_blob(&SOURCE->box, package) ? 0 : -1;
}

static int raw_import(const struct blob *package)
{
	return ask(&SOURCE->box, ME, CRYPTECH_RPC_RAW_IMPORT, "ouu",
		   BLOB(package), 0, 0);
}

/* A key of this name, and its public half. */
static void make_key(const uint8_t *name, uint32_t type, const char *what)
{
	struct bytes spki;

	NEED(!ask(&SOURCE->box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus",
		  UUID(name), type, EXPORTABLE | TOKEN |
		  (type == CRYPTECH_KEY_AES256 ?
		   CRYPTECH_KEY_FLAG_DATAENCIPHERMENT : SIGNS), "a label"));
	if (type == CRYPTECH_KEY_AES256)
		return;
	NEED(!key_public_of(SOURCE, name, &spki));
	thing(what)->len = spki.len;
	memcpy(thing(what)->data, spki.data, spki.len);
}

static void make_hss(const uint8_t *name, const char *what)
{
	memcpy(uuid, name, UUID_SIZE);
	NEED(!generate(SOURCE, FLAGS, CRYPTECH_HASHSIG_PUNCTURED, 1));
	NEED(!key_public_of(SOURCE, uuid, &public));
	for (unsigned int i = 0; i < 3; i++)
		NEED(!sign(SOURCE));
	thing(what)->len = public.len;
	memcpy(thing(what)->data, public.data, public.len);
}

static void make_packages(void)
{
	struct blob *single = thing("statement.single");
	struct blob *many = thing("statement.ordinary");
	uint8_t kekek[UUID_SIZE];

	NEED(!ask(&DESTINATION->box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus",
		  UUID(ordinary), CRYPTECH_KEY_RSA2048, KEKEK | TOKEN, ""));
	NEED(!attest(DESTINATION, ordinary, many));
	NEED(!kekek_create(DESTINATION, kekek, single));
	NEED(!transfer_export(SOURCE, web, many, thing("package.ec")));
	NEED(!transfer_export(SOURCE, mail, many, thing("package.rsa")));
	NEED(!transfer_export(SOURCE, disk, many, thing("package.aes")));
	NEED(!transfer_export(SOURCE, uuid, single, thing("package.hss")));
	NEED(!raw_export(off, thing("raw.ec")));
	NEED(!raw_export(away, thing("raw.hss")));
	NEED(!key_delete_of(SOURCE, off) && !key_delete_of(SOURCE, away));
}

/* One that the destination's copy would give. */
static void make_ack(void)
{
	static struct imported imported;

	NEED(!transfer_import(DESTINATION, thing("package.hss"), 0, 0,
			      &imported));
	*thing("ack.hss") = imported.ack;
}

static int make(void)
{
	twins_flash = FLASH;
	NEED(twins_fresh());
	make_key(web, CRYPTECH_KEY_EC_P256, "public.ec");
	make_key(mail, CRYPTECH_KEY_RSA2048, "public.rsa");
	make_key(disk, CRYPTECH_KEY_AES256, "");
	make_key(off, CRYPTECH_KEY_EC_P384, "public.off");
	make_hss(away, "public.away");
	make_hss((const uint8_t *)"a key that moves", "public.hss");
	make_packages();
	printf("# SPDX-License-Identifier: MIT\n");
	print_twin(SOURCE, "source");
	print_twin(DESTINATION, "destination");
	make_ack();
	for (unsigned int i = 0; i < thing_count; i++) {
		printf("%s ", things[i].name);
		print_hex(BLOB(&things[i].blob));
	}
	return 0;
}

/* --- open ----------------------------------------------------------------- */

static void expect_public(struct twin *twin, const uint8_t *name,
			  const char *what)
{
	struct bytes spki;

	REQUIRE(!key_public_of(twin, name, &spki));
	EXPECT_EQ(spki.len, thing(what)->len);
	EXPECT_MEM(spki.data, thing(what)->data, spki.len);
}

/* It signs, and libcrypto says by which key. */
static void expect_signs(struct twin *twin, const uint8_t *name,
			 const char *what)
{
	static const uint8_t hash[32] = "a hash value of thirty-two byte";
	struct bytes spki, signature;

	expect_public(twin, name, what);
	REQUIRE(!ask(&twin->box, ME, CRYPTECH_RPC_SIGN, "ouou", UUID(name),
		     thing(what)->len > 200 ? CRYPTECH_DIGEST_SHA256 :
		     CRYPTECH_DIGEST_NONE, hash, (size_t)32, 1024));
	REQUIRE(take_bytes(&twin->box, &signature));
	spki.len = thing(what)->len;
	memcpy(spki.data, thing(what)->data, spki.len);
	EXPECT(plain_verify(&spki, hash, 32, "sha256", signature.data,
			    signature.len));
}

/* ... with all that is left. */
static void expect_signs_all(struct twin *twin, const char *what,
			     unsigned int leaves)
{
	memcpy(public.data, thing(what)->data, thing(what)->len);
	public.len = thing(what)->len;
	expect_public(twin, uuid, what);
	EXPECT_EQ(sign_all(twin), leaves);
	EXPECT_EQ(ledger.repeats, 0);
}

/* What an HSM said of a KEKEK it says still, but for the signature. */
static void expect_attests(const char *what)
{
	const struct blob *old = thing(what);
	struct blob now;

	REQUIRE(!attest(DESTINATION, old->data + 40, &now));
	EXPECT_EQ(now.len, old->len);
	EXPECT_MEM(now.data, old->data, old->len - 64);
	EXPECT(soft_verify(&DESTINATION->spki, BLOB(old)));
}

static const char *path;

static void transfers(void)
{
	static const char *const kinds[] = { "package.ec", "package.rsa",
					     "package.aes", "package.hss" };
	static struct imported imported;
	static struct blob again;
	uint8_t fingerprint[32];

	REQUIRE(read_file(path));
	memcpy(uuid, "a key that moves", UUID_SIZE);
	REQUIRE(!identity(DESTINATION, fingerprint));
	expect_attests("statement.ordinary");
	expect_attests("statement.single");
	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_EQ(transfer_import(DESTINATION, thing(kinds[i]), 0, 1,
					  &imported), 0);
		EXPECT_EQ(transfer_import(DESTINATION, thing(kinds[i]), 0, 0,
					  &imported), 0);
	}
	expect_signs(DESTINATION, web, "public.ec");
	expect_signs(DESTINATION, mail, "public.rsa");
	/* the source has the package still, until it hears of it */
	EXPECT_EQ(transfer_export(SOURCE, uuid, thing("statement.single"),
				  &again), 0);
	EXPECT_EQ(again.len, thing("package.hss")->len);
	EXPECT_MEM(again.data, thing("package.hss")->data, again.len);
	EXPECT_EQ(transfer_ack(SOURCE, thing("ack.hss")), 0);
	EXPECT_EQ(box_status(&SOURCE->box, CRYPTECH_STATUS_OUTBOX), 0);
	plain_ledger_free(&ledger);
	expect_signs_all(SOURCE, "public.hss", 15);
	expect_signs_all(DESTINATION, "public.hss", 14);
	EXPECT_EQ(transfer_export(SOURCE, web, thing("statement.ordinary"),
				  &again), 0);
}

static void off_and_on(void)
{
	REQUIRE(read_file(path));
	EXPECT_EQ(box_status(&SOURCE->box, CRYPTECH_STATUS_KEYS_PARKED), 1);
	EXPECT_EQ(raw_import(thing("raw.ec")), 0);
	EXPECT_EQ(raw_import(thing("raw.hss")), 0);
	EXPECT_EQ(box_status(&SOURCE->box, CRYPTECH_STATUS_KEYS_PARKED), 0);
	expect_signs(SOURCE, off, "public.off");
	memcpy(uuid, away, UUID_SIZE);
	plain_ledger_free(&ledger);
	expect_signs_all(SOURCE, "public.away", 29);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--make"))
		return make();
	/* each version there ever was */
	path = "firmware/tests/vectors/backup_v1.txt";
	RUN(transfers);
	RUN(off_and_on);
	plain_ledger_free(&ledger);
	twins_over();
	return tap_done();
}
