// SPDX-License-Identifier: MIT
/*
 * What older versions gave out to people, for the day on which the HSM is lost:
 * shares of master key and recovery key, packages, libhal's files. An HSM that
 * never saw any of it takes them all, for ever. (backup_fixtures.c has what was
 * between two HSMs.)
 *
 *	backup_lost --make > firmware/tests/vectors/lost_vN.txt
 *
 * makes a file of today's version. Its lines: name, hexadecimal bytes.
 */
#include "raw_box.h"

#define THINGS		24
#define MASTER_N	5
#define MASTER_M	3
#define RECOVERY_N	3
#define RECOVERY_M	2
#define SIGNED		2	/* leaves of the HSS key that were used */

static const uint8_t web[UUID_SIZE] = "an EC key, name.",
	firm[UUID_SIZE] = "an HSS key, name", kekek[UUID_SIZE] =
	"libhal's KEKEK..";

static struct thing {
	char name[32];
	struct package package;
} things[THINGS];
static unsigned int thing_count;

static struct package *thing(const char *name)
{
	for (unsigned int i = 0; i < thing_count; i++)
		if (!strcmp(things[i].name, name))
			return &things[i].package;
	if (thing_count == THINGS)
		abort();
	snprintf(things[thing_count].name, sizeof(things[0].name), "%s", name);
	return &things[thing_count++].package;
}

static struct package *numbered(const char *name, unsigned int number)
{
	char text[32];

	snprintf(text, sizeof(text), "%s.%u", name, number);
	return thing(text);
}

static void keep(const char *name, const void *data, size_t len)
{
	struct package *package = thing(name);

	memcpy(package->data, data, len);
	package->len = len;
}

/* --- make --------------------------------------------------------------------------------- */

#define NEED(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "not so: %s\n", #what); \
			exit(1); \
		} \
	} while (0)

static void keep_result(const char *name)
{
	const uint8_t *data;
	size_t len;

	data = xdr_get_opaque(&box.results, &len);
	NEED(data);
	keep(name, data, len);
}

static void keep_shares(const char *name, const struct share_list *list)
{
	for (unsigned int i = 0; i < list->n; i++) {
		struct package *share = numbered(name, i);

		memcpy(share->data, list->data[i], CRYPTECH_SHARE_SIZE);
		share->len = CRYPTECH_SHARE_SIZE;
	}
}

static void make_shares(void)
{
	struct share_list list;

	NEED(!result_shares(ask(&box, WHEEL, CRYPTECH_RPC_MASTER_KEY_SHARES,
				"uu", MASTER_M, MASTER_N), &list));
	keep_shares("master-share", &list);
	NEED(!recovery_create(RECOVERY_M, RECOVERY_N, &list));
	keep_shares("recovery-share", &list);
	NEED(!ask(&box, ME, CRYPTECH_RPC_MASTER_KEY_INFO, ""));
	keep_result("fingerprint");
}

static void make_hss(void)
{
	struct signature signature;

	NEED(!generate_as(ME, firm, sizeof(firm), SIGNS | TOKEN | EXPORTABLE |
			  RECOVERABLE, "firmware", 0, 1, SETS(1, { 5, 4 })));
	NEED(job_wait(ME, firm) == CRYPTECH_JOB_DONE);
	NEED(!ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou", firm, sizeof(firm),
		  1024));
	keep_result("firm.public");
	for (unsigned int i = 0; i < SIGNED; i++)
		NEED(!sign_text(firm, "spent", &signature));
	NEED(!raw_export(ME, firm, thing("firm.package")));
}

static void make_ec(void)
{
	struct bytes der, spki;

	NEED(!ask(&box, ME, CRYPTECH_RPC_KEY_GENERATE, "ouus", web,
		  sizeof(web), CRYPTECH_KEY_EC_P256, SIGNS | TOKEN | EXPORTABLE,
		  "web"));
	NEED(!ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou", web, sizeof(web),
		  1024));
	keep_result("web.public");
	NEED(!raw_export(ME, web, thing("web.package")));
	plain_encode(EVP_RSA_gen(2048), &der, &spki);
	keep("kekek.der", der.data, der.len);
	NEED(!ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", kekek,
		  sizeof(kekek), der.data, der.len, KEKEK | TOKEN, ""));
	NEED(!ask(&box, SO, CRYPTECH_RPC_POLICY_SET, "u",
		  CRYPTECH_POLICY_LEGACY_EXPORT));
	NEED(!ask(&box, ME, CRYPTECH_RPC_LEGACY_EXPORT, "oo", web, sizeof(web),
		  kekek, sizeof(kekek)));
	keep_result("legacy.pkcs8");
	keep_result("legacy.kek");
}

static int make(void)
{
	NEED(raw_fresh());
	make_shares();
	make_hss();
	make_ec();
	printf("# SPDX-License-Identifier: MIT\n");
	for (unsigned int i = 0; i < thing_count; i++) {
		printf("%s ", things[i].name);
		for (size_t j = 0; j < things[i].package.len; j++)
			printf("%02x", things[i].package.data[j]);
		printf("\n");
	}
	hashsig_over();
	return 0;
}

/* --- take ----------------------------------------------------------------------------------- */

static bool read_things(const char *path)
{
	static char line[3 * CRYPTECH_RPC_MESSAGE_MAX];
	FILE *file = fopen(path, "r");
	struct bytes bytes;

	thing_count = 0;
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		char *rest = strchr(line, ' ');

		if (line[0] == '#' || !rest)
			continue;
		*rest++ = 0;
		rest[strcspn(rest, "\n")] = 0;
		from_hex(&bytes, rest);
		keep(line, bytes.data, bytes.len);
	}
	fclose(file);
	return true;
}

/* With the shares whose bits are set. */
static int set_master(unsigned int chosen)
{
	static uint8_t message[4096];
	struct xdr_writer w;

	xdr_writer_init(&w, message, sizeof(message));
	xdr_put_u32(&w, CRYPTECH_RPC_MASTER_KEY_SET);
	xdr_put_u32(&w, WHEEL);
	xdr_put_u32(&w, 1);
	xdr_put_u32(&w, __builtin_popcount(chosen));
	for (unsigned int i = 0; i < MASTER_N; i++)
		if (chosen & 1 << i)
			xdr_put_opaque(&w, numbered("master-share", i)->data,
				       CRYPTECH_SHARE_SIZE);
	return ask_raw(&box, message, xdr_written(&w));
}

/* Every choice of shares: the master key, or nothing. */
static void shares_give_the_master_key(void)
{
	uint8_t fingerprint[CRYPTECH_FINGERPRINT_SIZE];
	const uint8_t *got;
	size_t len;

	REQUIRE(raw_fresh());
	for (unsigned int chosen = 1; chosen < 1 << MASTER_N; chosen++) {
		if (__builtin_popcount(chosen) < MASTER_M) {
			EXPECT_EQ(set_master(chosen),
				  CRYPTECH_ERR_BAD_ARGUMENTS);
			continue;
		}
		REQUIRE(raw_fresh());
		EXPECT_EQ(set_master(chosen), 0);
		got = xdr_get_opaque(&box.results, &len);
		REQUIRE(got && len == sizeof(fingerprint));
		EXPECT_MEM(got, thing("fingerprint")->data, len);
	}
}

/* An HSM out of the box, with the master key of the one that was lost. */
static bool replace(void)
{
	return EXPECT(raw_fresh()) && EXPECT_EQ(set_master(0x16), 0);
}

static void expect_public(const uint8_t *uuid, const char *name)
{
	struct bytes spki;

	EXPECT_EQ(result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou",
				   uuid, (size_t)UUID_SIZE, 1024), &spki), 0);
	EXPECT_EQ(spki.len, thing(name)->len);
	EXPECT_MEM(spki.data, thing(name)->data, spki.len);
}

/* libcrypto says by which key it signs. */
static void expect_signs(const uint8_t *uuid)
{
	static const uint8_t hash[32] = "a hash value of thirty-two byte";
	struct bytes spki, signature;

	spki.len = thing("web.public")->len;
	memcpy(spki.data, thing("web.public")->data, spki.len);
	REQUIRE(!result_bytes(ask(&box, ME, CRYPTECH_RPC_SIGN, "ouou", uuid,
				  (size_t)UUID_SIZE, 0, hash, (size_t)32, 64),
			      &signature));
	EXPECT(plain_verify(&spki, hash, 32, "sha256", signature.data,
			    signature.len));
}

static void raw_packages_come_back(void)
{
	REQUIRE(replace());
	EXPECT_EQ(raw_import(thing("web.package")), 0);
	expect_public(web, "web.public");
	expect_signs(web);
	/* another master key, and nothing is there */
	REQUIRE(raw_fresh());
	EXPECT_EQ(raw_import(thing("web.package")),
		  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
}

/* Two of the shares, from one on. */
static int arm(unsigned int first)
{
	struct share_list list = { .n = RECOVERY_M };

	for (unsigned int i = 0; i < RECOVERY_M; i++)
		memcpy(list.data[i],
		       numbered("recovery-share", (first + i) % 3)->data,
		       CRYPTECH_SHARE_SIZE);
	return recovery_arm_as(SO, thing("firm.package"), SIGNED, &list, 0,
			       RECOVERY_M);
}

static void recoverable_keys_come_back(void)
{
	struct signature signature;

	for (unsigned int i = 0; i < RECOVERY_N; i++) {
		REQUIRE(replace());
		EXPECT_EQ(raw_import(thing("firm.package")),
			  CRYPTECH_ERR_KEYWRAP_BAD_MAGIC);
		EXPECT_EQ(arm(i), 0);
		EXPECT_EQ(raw_import(thing("firm.package")), 0);
		expect_public(firm, "firm.public");
		EXPECT_EQ(sign_text(firm, "again", &signature), 0);
		EXPECT(is_good(firm, "again", &signature));
	}
}

static void libhals_files_come_back(void)
{
	const struct package *pkcs8 = thing("legacy.pkcs8");
	const struct package *kek = thing("legacy.kek");
	const struct package *der = thing("kekek.der");
	struct bytes uuid;

	REQUIRE(raw_fresh());
	REQUIRE(!ask(&box, SO, CRYPTECH_RPC_POLICY_SET, "u",
		     CRYPTECH_POLICY_LEGACY_EXPORT));
	REQUIRE(!ask(&box, ME, CRYPTECH_RPC_KEY_LOAD, "oous", kekek,
		     sizeof(kekek), der->data, der->len, KEKEK | TOKEN, ""));
	REQUIRE(!result_bytes(ask(&box, ME, CRYPTECH_RPC_LEGACY_IMPORT,
				  "ooous", kekek, sizeof(kekek), pkcs8->data,
				  pkcs8->len, kek->data, kek->len, SIGNS, ""),
			      &uuid));
	REQUIRE(uuid.len == UUID_SIZE);
	expect_public(uuid.data, "web.public");
	expect_signs(uuid.data);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--make"))
		return make();
	/* each version there ever was */
	if (!read_things("firmware/tests/vectors/lost_v1.txt"))
		return 1;
	RUN(shares_give_the_master_key);
	RUN(raw_packages_come_back);
	RUN(recoverable_keys_come_back);
	RUN(libhals_files_come_back);
	hashsig_over();
	return tap_done();
}
