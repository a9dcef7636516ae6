// SPDX-License-Identifier: MIT
/* Precious files: base64, shares, fingerprints, names that do not replace. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../firmware/tests/tap.h"
#include "../cryptech/common/base64.h"
#include "../cryptech/common/bundle.h"
#include "../cryptech/common/devices.h"
#include "../cryptech/common/share.h"
#include "../cryptech/common/text.h"

/* RFC 4648 section 10 */
static void base64_vectors(void)
{
	static const char *const texts[] = {
		"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
	};
	struct bytes bytes;
	size_t len;

	for (len = 0; len < 7; len++) {
		json_t *lines = base64_lines("foobar", len);
		json_t *text = json_string(texts[len]);

		EXPECT_EQ(json_array_size(lines), len ? 1 : 0);
		if (len)
			EXPECT(json_equal(json_array_get(lines, 0), text));
		EXPECT(base64_bytes(text, &bytes, 6));
		EXPECT_EQ(bytes.len, len);
		EXPECT(!memcmp(bytes.data, "foobar", len));
		bytes_free(&bytes);
		EXPECT(base64_bytes(lines, &bytes, len));
		bytes_free(&bytes);
		if (len)
			EXPECT(!base64_bytes(lines, &bytes, len - 1));
		json_decref(lines);
		json_decref(text);
	}
}

static void base64_breaks_lines(void)
{
	static const uint8_t zeros[58];
	json_t *lines = base64_lines(zeros, sizeof(zeros));

	EXPECT_EQ(json_array_size(lines), 2);
	EXPECT_EQ(json_string_length(json_array_get(lines, 0)), 76);
	EXPECT(!strcmp(json_string_value(json_array_get(lines, 1)), "AA=="));
	json_decref(lines);
}

/* Made by Python: struct.pack(), hashlib.sha256(), base64.b64encode(). */
static const char share_expected[] =
	"-----BEGIN CRYPTECH SHARE-----\n"
	"Of: recovery key\n"
	"Share: 2 of 5, any 3 give the key\n"
	"Set: 00010203\n"
	"Checksum: 0159564fe1e1154b\n"
	"\n"
	"Q1NIUgAAAAEAAAACAAAAAwAAAAUAAAACAAECAwQFBgcICQoLDA0OD2NoZWNrc3Vt\n"
	"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=\n"
	"-----END CRYPTECH SHARE-----\n";

static void make_share(uint8_t share[CRYPTECH_SHARE_SIZE])
{
	static const uint8_t head[] = {
		'C', 'S', 'H', 'R', 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3,
		0, 0, 0, 5, 0, 0, 0, 2,
	};
	unsigned int i;

	memcpy(share, head, sizeof(head));
	for (i = 0; i < 16; i++)
		share[24 + i] = i;
	memcpy(share + 40, "checksum", 8);
	for (i = 0; i < 32; i++)
		share[48 + i] = 0x40 + i;
}

static void share_as_text(void)
{
	uint8_t share[CRYPTECH_SHARE_SIZE], again[CRYPTECH_SHARE_SIZE];
	struct bytes text;

	make_share(share);
	EXPECT(share_text(share, &text));
	EXPECT_EQ(text.len, sizeof(share_expected) - 1);
	EXPECT(!memcmp(text.data, share_expected, text.len));
	EXPECT(!share_parse(&text, again));
	EXPECT(!memcmp(share, again, sizeof(share)));
	bytes_free(&text);
	share[0] ^= 1;
	EXPECT(!share_text(share, &text));
}

/* A set of which the last cannot be written leaves nothing behind. */
static void shares_all_or_none(void)
{
	uint8_t shares[3][CRYPTECH_SHARE_SIZE];
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i < 3; i++) {
		make_share(shares[i]);
		shares[i][23] = i + 1;
	}
	shares[2][0] = 0;	/* is no share */
	pid = fork();
	if (!pid) {
		close(STDERR_FILENO);
		shares_write(".", shares[0], 3);
		_exit(0);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	EXPECT_EQ(access("share-1-of-3.pem", F_OK), -1);
	EXPECT_EQ(access("share-2-of-3.pem", F_OK), -1);
}

static void private_files(void)
{
	struct stat st;

	umask(0);
	EXPECT_EQ(file_can_save_private("new", false), 0);
	EXPECT_EQ(file_save_private("new", "one", 3, false), 0);
	EXPECT_EQ(stat("new", &st), 0);
	EXPECT_EQ(st.st_mode & 07777, 0600);
	EXPECT_EQ(st.st_nlink, 1);
	EXPECT_EQ(file_can_save_private("new", false), -EEXIST);
	EXPECT_EQ(file_save_private("new", "four", 4, false), -EEXIST);
	EXPECT_EQ(stat("new", &st), 0);
	EXPECT_EQ(st.st_size, 3);
	EXPECT_EQ(chmod("new", 0644), 0);
	EXPECT_EQ(file_save_private("new", "four", 4, true), 0);
	EXPECT_EQ(stat("new", &st), 0);
	EXPECT_EQ(st.st_size, 4);
	/* A file that others could read does not stay so. */
	EXPECT_EQ(st.st_mode & 07777, 0600);
	EXPECT_EQ(file_can_save_private("/dev/null", true), -EINVAL);
	EXPECT_EQ(file_can_save_private("-", true), -EINVAL);
	EXPECT_EQ(file_can_save_private("no/new", true), -ENOENT);
	EXPECT_EQ(unlink("new"), 0);
}

static void digits(void)
{
	uint8_t bytes[2];

	EXPECT(text_bytes("00ff", bytes, 2));
	EXPECT(bytes[0] == 0 && bytes[1] == 255);
	EXPECT(!text_bytes("00f", bytes, 2));
	EXPECT(!text_bytes("00fg", bytes, 2));
	EXPECT(!text_bytes("00ff0", bytes, 2));
	EXPECT(!text_bytes("00FF", bytes, 2));
	EXPECT(!text_bytes("", bytes, 2));
}

static void fingerprints(void)
{
	/* By hashlib.sha256(bytes(16) + b"abc") */
	struct identity id = { .spki_len = 3 };
	uint8_t zeros_abc[32];

	memcpy(id.spki, "abc", 3);
	EXPECT(text_bytes("277e7ff6d232b9763f4a66e8d05d210d"
			  "a32dac9c6dbce1026ad4cc98acb5fefe", zeros_abc, 32));
	EXPECT(identity_fingerprint(&id));
	EXPECT(!memcmp(id.fingerprint, zeros_abc, 32));
	EXPECT(!strncmp(fingerprint_text(id.fingerprint), "277e7ff6 d232b976", 17));
}

int main(void)
{
	char dir[] = "/tmp/cryptech-files-XXXXXX";

	if (!mkdtemp(dir) || chdir(dir))
		abort();
	RUN(base64_vectors);
	RUN(base64_breaks_lines);
	RUN(share_as_text);
	RUN(shares_all_or_none);
	RUN(private_files);
	RUN(digits);
	RUN(fingerprints);
	if (chdir("/") || rmdir(dir))
		abort();
	return tap_done();
}
