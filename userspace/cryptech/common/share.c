// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "fail.h"
#include "options.h"
#include "share.h"
#include "text.h"

#define PEM_NAME	"CRYPTECH SHARE"
#define TEXT_MAX	4096
#define PATH_MAX_HERE	4096
#define CHECKSUM	8	/* bytes of it that are shown */

/* Where things are in a share; all numbers big endian. */
#define AT_VERSION	4
#define AT_KIND		8
#define AT_M		12
#define AT_N		16
#define AT_X		20
#define AT_SET		24

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

bool share_look(const uint8_t bytes[CRYPTECH_SHARE_SIZE], struct share *share)
{
	share->kind = get32(bytes + AT_KIND);
	share->m = get32(bytes + AT_M);
	share->n = get32(bytes + AT_N);
	share->x = get32(bytes + AT_X);
	share->set = bytes + AT_SET;
	return !memcmp(bytes, "CSHR", 4) && get32(bytes + AT_VERSION) == 1 &&
	       (share->kind == SHARE_MASTER_KEY ||
		share->kind == SHARE_RECOVERY_KEY) &&
	       share->m >= 2 && share->m <= share->n &&
	       share->n <= CRYPTECH_SHARES_MAX && share->x >= 1 &&
	       share->x <= share->n;
}

static const char *kind_name(uint32_t kind)
{
	return kind == SHARE_MASTER_KEY ? "master key" : "recovery key";
}

static void checksum(const uint8_t bytes[CRYPTECH_SHARE_SIZE],
		     char text[2 * CHECKSUM + 1])
{
	uint8_t hash[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(bytes, CRYPTECH_SHARE_SIZE, hash, NULL, EVP_sha256(),
			NULL))
		fail_openssl("cannot hash");
	text_hex(hash, CHECKSUM, text);
}

bool share_text(const uint8_t bytes[CRYPTECH_SHARE_SIZE], struct bytes *text)
{
	char head[256], sum[2 * CHECKSUM + 1], set[9];
	BIO *out = BIO_new(BIO_s_secmem());
	struct share share;
	char *data;
	long len;

	*text = (struct bytes){ NULL, 0 };
	if (!out || !share_look(bytes, &share))
		goto out;
	checksum(bytes, sum);
	snprintf(head, sizeof(head), "Of: %s\nShare: %u of %u, any %u give the "
		 "key\nSet: %s\nChecksum: %s\n", kind_name(share.kind),
		 share.x, share.n, share.m, text_hex(share.set, 4, set), sum);
	if (!PEM_write_bio(out, PEM_NAME, head, bytes, CRYPTECH_SHARE_SIZE))
		goto out;
	len = BIO_get_mem_data(out, &data);
	text->data = OPENSSL_memdup(data, len);
	text->len = text->data ? len : 0;
out:
	BIO_free(out);
	return text->len;
}

/* Is the checksum in the headers, where there is one, that of the bytes? */
static bool checksum_good(const char *head,
			  const uint8_t bytes[CRYPTECH_SHARE_SIZE])
{
	static const char name[] = "Checksum: ";
	const char *at = strstr(head, name);
	char sum[2 * CHECKSUM + 1];

	checksum(bytes, sum);
	return at && !strncmp(at + sizeof(name) - 1, sum, 2 * CHECKSUM);
}

const char *share_parse(const struct bytes *text,
			uint8_t bytes[CRYPTECH_SHARE_SIZE])
{
	BIO *in = BIO_new_mem_buf(text->data, text->len);
	char *name = NULL, *head = NULL;
	unsigned char *data = NULL;
	const char *wrong = NULL;
	struct share share;
	long len = 0;

	if (!in || !PEM_read_bio(in, &name, &head, &data, &len) ||
	    strcmp(name, PEM_NAME))
		wrong = "it is no " PEM_NAME;
	else if (len != CRYPTECH_SHARE_SIZE || !checksum_good(head, data))
		wrong = "it is damaged: its checksum is wrong";
	else if (!share_look(data, &share))
		wrong = "it is of a kind that this program does not know";
	else
		memcpy(bytes, data, CRYPTECH_SHARE_SIZE);
	OPENSSL_free(name);
	OPENSSL_free(head);
	OPENSSL_clear_free(data, len);
	BIO_free(in);
	return wrong;
}

static void read_one(const char *path, uint32_t kind, uint8_t *bytes)
{
	struct bytes text;
	struct share share;
	const char *wrong;

	file_read(path, &text, TEXT_MAX);
	wrong = share_parse(&text, bytes);
	bytes_free(&text);
	if (wrong)
		fail(EXIT_FAILED, "cannot take the share in %s: %s", path,
		     wrong);
	share_look(bytes, &share);
	if (share.kind != kind)
		fail(EXIT_FAILED, "%s is a share of a %s, not of a %s", path,
		     kind_name(share.kind), kind_name(kind));
}

/* The one at @i among those before it. */
static void compare(char *const *paths, const uint8_t *shares, unsigned int i)
{
	struct share first, one, other;
	unsigned int k;

	share_look(shares, &first);
	share_look(shares + i * CRYPTECH_SHARE_SIZE, &one);
	if (memcmp(first.set, one.set, 16) || first.m != one.m)
		fail(EXIT_FAILED, "%s and %s are of different sets", paths[0],
		     paths[i]);
	for (k = 0; k < i; k++) {
		share_look(shares + k * CRYPTECH_SHARE_SIZE, &other);
		if (other.x == one.x)
			fail(EXIT_FAILED, "%s and %s are the same share",
			     paths[k], paths[i]);
	}
}

void shares_read(char *const *paths, unsigned int count, uint32_t kind,
		 struct bytes *shares)
{
	struct share first;
	unsigned int i;

	if (!count || count > CRYPTECH_SHARES_MAX)
		fail_usage("1 to %d shares", CRYPTECH_SHARES_MAX);
	shares->len = (size_t)count * CRYPTECH_SHARE_SIZE;
	shares->data = OPENSSL_zalloc(shares->len);
	if (!shares->data)
		fail(EXIT_FAILED, "no memory left");
	for (i = 0; i < count; i++) {
		read_one(paths[i], kind,
			 shares->data + i * CRYPTECH_SHARE_SIZE);
		compare(paths, shares->data, i);
	}
	share_look(shares->data, &first);
	if (count < first.m)
		fail(EXIT_FAILED, "these are %u shares: any %u give the key",
		     count, first.m);
}

static void path_of(const char *dir, unsigned int x, unsigned int n,
		    char path[PATH_MAX_HERE])
{
	if (snprintf(path, PATH_MAX_HERE, "%s/share-%u-of-%u.pem", dir, x,
		     n) >= PATH_MAX_HERE)
		fail(EXIT_FAILED, "the name %s is too long", dir);
}

void shares_check_dir(const char *dir, unsigned int n)
{
	char path[PATH_MAX_HERE];
	unsigned int x;
	int ret;

	for (x = 1; x <= n; x++) {
		path_of(dir, x, n, path);
		ret = file_can_save_private(path, false);
		if (ret)
			fail(EXIT_FAILED, "cannot write %s: %s", path,
			     strerror(-ret));
	}
}

/* A set of which shares are missing is worse than none. */
static void __attribute__((noreturn)) take_back(const char *dir, unsigned int x,
						unsigned int n, int ret)
{
	char path[PATH_MAX_HERE];

	while (--x >= 1) {
		path_of(dir, x, n, path);
		unlink(path);
	}
	fail(EXIT_FAILED, "cannot write shares to %s: %s; those written were "
	     "removed", dir, strerror(-ret));
}

void shares_write(const char *dir, const uint8_t *shares, unsigned int n)
{
	char path[PATH_MAX_HERE];
	struct bytes text;
	unsigned int x;
	int ret;

	for (x = 1; x <= n; x++) {
		path_of(dir, x, n, path);
		ret = -EPROTO;
		if (share_text(shares + (x - 1) * CRYPTECH_SHARE_SIZE, &text))
			ret = file_save_private(path, text.data, text.len,
						false);
		bytes_free(&text);
		if (ret)
			take_back(dir, x, n, ret);
	}
}

void shares_options(const char *threshold, const char *count, unsigned int *m,
		    unsigned int *n)
{
	if (!threshold || !count)
		fail_usage("--threshold and --count are needed: how many "
			   "shares give the key, and how many there are");
	*n = options_number("--count", count, 2, CRYPTECH_SHARES_MAX);
	*m = options_number("--threshold", threshold, 2, *n);
}
