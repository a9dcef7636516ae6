// SPDX-License-Identifier: MIT
/* Names and numbers: libcryptech's and the tool's. */
#include <errno.h>

#include "../../firmware/tests/tap.h"
#include "../cryptech/common/find.h"
#include "../cryptech/common/text.h"

static void key_types(void)
{
	char text[CRYPTECH_KEY_TYPE_TEXT];
	unsigned int i;
	uint32_t type;

	EXPECT_EQ(cryptech_key_type_parse("rsa3072", &type), 0);
	EXPECT_EQ(type, 0x10c00);
	EXPECT_EQ(cryptech_key_type_parse("ec-p521", &type), 0);
	EXPECT_EQ(type, 0x20209);
	EXPECT_EQ(cryptech_key_type_parse("aes256-xts", &type), 0);
	EXPECT_EQ(type, 0x40100);
	EXPECT_EQ(cryptech_key_type_parse("aes192-gcm", &type), 0);
	EXPECT_EQ(type, 0x800c0);
	EXPECT_EQ(cryptech_key_type_parse("hmac-sha384", &type), 0);
	EXPECT_EQ(type, 0xa0180);
	EXPECT_EQ(cryptech_key_type_parse("ec-p52", &type), -EINVAL);
	EXPECT_EQ(cryptech_key_type_parse("", &type), -EINVAL);
	EXPECT(!strcmp(cryptech_key_type_name(0x10800, text), "rsa2048"));
	EXPECT(!strcmp(cryptech_key_type_name(0x10400, text), "rsa1024"));
	EXPECT(!strcmp(cryptech_key_type_name(0x30001, text), "0x00030001"));
	for (i = 0; cryptech_key_type_list(i); i++) {
		EXPECT_EQ(cryptech_key_type_parse(cryptech_key_type_list(i),
						  &type), 0);
		EXPECT(!strcmp(cryptech_key_type_name(type, text),
			       cryptech_key_type_list(i)));
	}
	EXPECT_EQ(i, 26);
}

static void digests_and_users(void)
{
	uint32_t n;

	EXPECT_EQ(cryptech_digest_parse("sha384", &n), 0);
	EXPECT_EQ(n, CRYPTECH_DIGEST_SHA384);
	EXPECT_EQ(cryptech_digest_size(n), 48);
	EXPECT(!strcmp(cryptech_digest_name(5), "sha512-256"));
	EXPECT(!cryptech_digest_name(0) && !cryptech_digest_name(99));
	EXPECT_EQ(cryptech_digest_size(99), 0);
	EXPECT_EQ(cryptech_digest_parse("md5", &n), -EINVAL);
	EXPECT_EQ(cryptech_user_parse("wheel", &n), 0);
	EXPECT_EQ(n, 3);
	EXPECT_EQ(cryptech_user_parse("root", &n), -EINVAL);
	EXPECT(!strcmp(cryptech_user_name(1), "user"));
	EXPECT(!cryptech_user_name(0));
	EXPECT(strstr(cryptech_strerror(24), "PIN"));
	EXPECT(cryptech_strerror(12345));
}

/* The example of RFC 9562, section 4 and 5.1. */
static const uint8_t rfc_uuid[16] = {
	0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0,
	0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6,
};
static const char rfc_text[] = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

static void uuids(void)
{
	static const char *const bad[] = {
		"", "f81d4fae", "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf6 ",
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf67",
		"f81d4fae7dec11d0a76500a0c91e6bf6",
		"f81d4fae-7dec-11d0-a765_00a0c91e6bf6",
		"g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
	};
	char text[CRYPTECH_UUID_TEXT];
	uint8_t uuid[16];
	size_t i;

	EXPECT(!strcmp(cryptech_uuid_format(rfc_uuid, text), rfc_text));
	EXPECT_EQ(cryptech_uuid_parse(rfc_text, uuid), 0);
	EXPECT_MEM(uuid, rfc_uuid, 16);
	EXPECT_EQ(cryptech_uuid_parse("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
				      uuid), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(uuid, 7, sizeof(uuid));
		EXPECT_EQ(cryptech_uuid_parse(bad[i], uuid), -EINVAL);
		EXPECT_EQ(uuid[0], 7);
	}
}

static void key_names(void)
{
	struct cryptech_key key = { .label = "boot", .label_len = 4 };

	memcpy(key.uuid, rfc_uuid, sizeof(key.uuid));
	EXPECT(find_match("boot", &key));
	EXPECT(!find_match("boo", &key));
	EXPECT(!find_match("boots", &key));
	EXPECT(find_match("f81d", &key));
	EXPECT(find_match("F81D4FAE", &key));
	EXPECT(!find_match("f81", &key));
	EXPECT(!find_match("f81e", &key));
	EXPECT(!find_match("f81-", &key));
	EXPECT(find_match("f81d4fae-7d", &key));
	EXPECT(find_match("f81d4fae7d", &key));
	EXPECT(!find_match("f81d4fae--7d", &key));
	EXPECT(find_match(rfc_text, &key));
	EXPECT(!find_match("f81d4fae-7dec-11d0-a765-00a0c91e6bf60", &key));
	EXPECT(!find_match("", &key));
	key.label_len = 0;
	key.label[0] = 0;
	EXPECT(!find_match("", &key));
}

static bool label_is(const char *label, size_t len, const char *wanted)
{
	struct cryptech_key key = { .label_len = len };
	char text[TEXT_LABEL];

	memcpy(key.label, label, len);
	return !strcmp(text_label(&key, text), wanted);
}

static void labels(void)
{
	EXPECT(label_is("Kernel \xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91", 16,
			"Kernel \xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91"));
	/* An escape sequence must not reach the terminal. */
	EXPECT(label_is("\x1b[2J", 4, "\\x1b[2J"));
	EXPECT(label_is("a\0b", 3, "a\\x00b"));
	EXPECT(label_is("\xc2\x9b", 2, "\\xc2\\x9b"));		/* C1 */
	EXPECT(label_is("\xc0\xaf", 2, "\\xc0\\xaf"));		/* overlong */
	EXPECT(label_is("\xed\xa0\x80", 3, "\\xed\\xa0\\x80"));	/* surrogate */
	EXPECT(label_is("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"));
	EXPECT(label_is("\xe2\x82", 2, "\\xe2\\x82"));		/* cut short */
	EXPECT(label_is("\x7f", 1, "\\x7f"));
}

static void flags(void)
{
	char text[TEXT_FLAGS];

	EXPECT(!strcmp(text_flags(0, text), ""));
	EXPECT(!strcmp(text_flags(0x9, text), "token,sign"));
	EXPECT(!strcmp(text_flags(0x80010020, text),
		       "exportable,raw,0x80000000"));
	EXPECT(!strcmp(text_flags(0x10000c, text), "token,decrypt,cbc"));
	EXPECT(!strcmp(text_flags(0x200004, text), "decrypt,xts"));
	EXPECT(!strcmp(text_flags(0x80f00000, text), "mode-15,0x80000000"));
	EXPECT(strlen(text_flags(0xffffffff, text)) < TEXT_FLAGS - 1);
}

static void status_tags(void)
{
	const char *name, *unit, *text;

	EXPECT(cryptech_status_text(8, &name, &unit, &text));
	EXPECT(!strcmp(name, "FLASH_ERASES_MAX"));
	EXPECT(!strcmp(unit, "count"));
	EXPECT(!cryptech_status_text(0, &name, &unit, &text));
}

/* Typecodes: RFC 8554, section 8, and RFC 9858. */
static void hss_sets(void)
{
	char text[CRYPTECH_HSS_TEXT];
	struct cryptech_hss set;

	EXPECT_EQ(cryptech_hss_parse("15/4,10/8", &set), 0);
	EXPECT_EQ(set.levels, 2);
	EXPECT_EQ(set.level[0].lms, 7);
	EXPECT_EQ(set.level[0].lmots, 3);
	EXPECT_EQ(set.level[1].lms, 6);
	EXPECT_EQ(set.level[1].lmots, 4);
	EXPECT(!strcmp(cryptech_hss_format(&set, text), "15/4,10/8"));
	EXPECT_EQ(cryptech_hss_parse("25/2/24", &set), 0);
	EXPECT_EQ(set.level[0].lms, 0xe);
	EXPECT_EQ(set.level[0].lmots, 6);
	EXPECT(!strcmp(cryptech_hss_format(&set, text), "25/2/24"));
	EXPECT_EQ(cryptech_hss_parse("5/8,5/8,5/8,5/8,5/8,5/8,5/8,5/8",
				     &set), 0);
	EXPECT_EQ(set.levels, 8);
	EXPECT_EQ(cryptech_hss_parse("5/8,5/8,5/8,5/8,5/8,5/8,5/8,5/8,5/8",
				     &set), -EINVAL);
	/* Two of 265 * 32 bytes do not fit a message, one does. */
	EXPECT_EQ(cryptech_hss_parse("25/1", &set), 0);
	EXPECT_EQ(cryptech_hss_parse("5/1,5/1", &set), -EMSGSIZE);
	set.level[0].lms = 0x0f;	/* SHAKE */
	EXPECT(!strcmp(cryptech_hss_format(&set, text), "?"));
}

static void hss_texts_that_are_none(void)
{
	static const char *const wrong[] = {
		"", "/", "10", "10/", "/4", "10/4,", ",10/4", "10/4 ", " 10/4",
		"10/3", "11/4", "0/4", "-5/4", "10/4/", "10/4/25", "10/4/16",
		"10/4/24/", "10/4;10/4", "010/4", "10/4,,10/4", "10/4\n",
		"100/4", "10/44", "10/4/244", "5/8/32x",
	};
	struct cryptech_hss set;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		EXPECT_EQ(cryptech_hss_parse(wrong[i], &set), -EINVAL);
}

int main(void)
{
	RUN(hss_sets);
	RUN(hss_texts_that_are_none);
	RUN(key_types);
	RUN(digests_and_users);
	RUN(uuids);
	RUN(key_names);
	RUN(labels);
	RUN(flags);
	RUN(status_tags);
	return tap_done();
}
