// SPDX-License-Identifier: GPL-2.0
/*
 * The typed door of /dev/cryptechN: every ioctl, its struct's rules, and what
 * it answers to bad arguments. Signatures are checked by OpenSSL.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "door.h"

#define TOKEN_SIGN	(CRYPTECH_KEY_FLAG_TOKEN | \
			 CRYPTECH_KEY_FLAG_DIGITALSIGNATURE)
#define SIGN_ONLY	CRYPTECH_KEY_FLAG_DIGITALSIGNATURE

static __attribute__((constructor)) void set_up(void)
{
	load_modules();
	initialise();
}

FIXTURE(ioctl) {
	int fd;		/* logged in as user */
	int anyone;	/* not logged in */
};

static int pin_ioctl(int fd, unsigned long cmd, uint32_t user,
		     const char *pin, uint32_t *error)
{
	struct cryptech_ioc_pin p = {
		.size = sizeof(p), .user = user, .pin = (uintptr_t)pin,
		.pin_len = strlen(pin),
	};
	int ret = ioctl(fd, cmd, &p) ? errno : 0;

	if (error)
		*error = p.error;
	return ret;
}

FIXTURE_SETUP(ioctl)
{
	self->anyone = open_ready();
	self->fd = open_ready();
	ASSERT_EQ(pin_ioctl(self->fd, CRYPTECH_IOC_LOGIN, CRYPTECH_USER_NORMAL,
			    USER_PIN, NULL), 0);
}

FIXTURE_TEARDOWN(ioctl)
{
	close(self->fd);
	close(self->anyone);
}

/* --- structs --------------------------------------------------------------- */

static const struct {
	unsigned long cmd;
	uint32_t size;
} all[] = {
#define ENTRY(name, type) { CRYPTECH_IOC_##name, sizeof(struct type) }
	ENTRY(INFO, cryptech_ioc_info),
	ENTRY(STATUS, cryptech_ioc_status),
	ENTRY(LOGIN, cryptech_ioc_pin),
	ENTRY(LOGOUT, cryptech_ioc_logout),
	ENTRY(SET_PIN, cryptech_ioc_pin),
	ENTRY(KERNEL_LOGIN, cryptech_ioc_pin),
	ENTRY(KERNEL_LOGOUT, cryptech_ioc_logout),
	ENTRY(RANDOM, cryptech_ioc_random),
	ENTRY(KEY_GENERATE, cryptech_ioc_key_generate),
	ENTRY(KEY_LOAD, cryptech_ioc_key_load),
	ENTRY(KEY_INFO, cryptech_ioc_key_info),
	ENTRY(KEY_PUBLIC, cryptech_ioc_key_public),
	ENTRY(KEY_DELETE, cryptech_ioc_key_delete),
	ENTRY(KEY_LIST, cryptech_ioc_key_list),
	ENTRY(KEY_SET_LABEL, cryptech_ioc_key_set_label),
	ENTRY(SIGN, cryptech_ioc_sign),
	ENTRY(VERIFY, cryptech_ioc_verify),
	ENTRY(KEY_LOAD_RAW, cryptech_ioc_key_load_raw),
	ENTRY(TOKEN, cryptech_ioc_token),
};

#define EXPECT_ERRNO(wanted, expression)				       \
do {									       \
	errno = 0;							       \
	EXPECT_EQ((expression), -1);					       \
	EXPECT_EQ(errno, wanted);					       \
} while (0)

TEST_F(ioctl, sizes_and_flags)
{
	uint32_t words[128];
	uint8_t *end = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(end, MAP_FAILED);
	end += 4096;
	ASSERT_EQ(mprotect(end, 4096, PROT_NONE), 0);

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		uint32_t size = all[i].size;

		memset(words, 0, sizeof(words));
		/* too small, by any amount */
		for (uint32_t small = 0; small < size; small++) {
			words[0] = small;
			EXPECT_ERRNO(EINVAL,
				     ioctl(self->fd, all[i].cmd, words));
		}
		/* a newer caller who asks for what we do not know */
		words[0] = size + 8;
		words[size / 4] = 1;
		EXPECT_ERRNO(E2BIG, ioctl(self->fd, all[i].cmd, words));
		words[size / 4] = 0;
		words[0] = 0xffffffff;
		EXPECT_ERRNO(E2BIG, ioctl(self->fd, all[i].cmd, words));
		/* unknown flags */
		words[0] = size;
		for (int bit = 0; bit < 32; bit++) {
			words[1] = 1u << bit;
			EXPECT_ERRNO(EINVAL,
				     ioctl(self->fd, all[i].cmd, words));
		}
		/* memory that ends inside of it, or is not there */
		words[1] = 0;
		memcpy(end - size + 4, words, size - 4);
		EXPECT_ERRNO(EFAULT, ioctl(self->fd, all[i].cmd,
					   end - size + 4));
		EXPECT_ERRNO(EFAULT, ioctl(self->fd, all[i].cmd, NULL));
	}
}

TEST_F(ioctl, unknown_numbers)
{
	uint32_t words[128] = { sizeof(words) };

	for (unsigned int nr = 0; nr < 256; nr++) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(all); i++)
			known |= _IOC_NR(all[i].cmd) == nr;
		if (!known)
			EXPECT_ERRNO(ENOTTY, ioctl(self->fd,
				_IOWR(CRYPTECH_IOC_MAGIC, nr, words), words));
	}
	EXPECT_ERRNO(ENOTTY, ioctl(self->fd,
				   _IOWR(0xC8, 0, struct cryptech_ioc_info),
				   words));
	EXPECT_ERRNO(ENOTTY, ioctl(self->fd, TCGETS, words));
}

TEST_F(ioctl, a_newer_struct_is_taken)
{
	struct {
		struct cryptech_ioc_info info;
		uint64_t more;
	} newer = { .info.size = sizeof(newer) };

	/* its number has its own size in it, too */
	ASSERT_EQ(ioctl(self->fd, _IOWR(CRYPTECH_IOC_MAGIC, 0, newer),
			&newer), 0);
	EXPECT_EQ(newer.info.abi, CRYPTECH_IOC_ABI);
	EXPECT_EQ(newer.info.size, sizeof(newer));
}

TEST_F(ioctl, reserved_fields)
{
	static const struct {
		unsigned long cmd;
		uint32_t size, reserved;
	} cases[] = {
#define RESERVED(name, type) { CRYPTECH_IOC_##name, sizeof(struct type), \
			       offsetof(struct type, reserved) }
		RESERVED(LOGIN, cryptech_ioc_pin),
		RESERVED(SET_PIN, cryptech_ioc_pin),
		RESERVED(KERNEL_LOGIN, cryptech_ioc_pin),
		RESERVED(LOGOUT, cryptech_ioc_logout),
		RESERVED(KERNEL_LOGOUT, cryptech_ioc_logout),
		RESERVED(KEY_INFO, cryptech_ioc_key_info),
		RESERVED(KEY_DELETE, cryptech_ioc_key_delete),
		RESERVED(KEY_LOAD_RAW, cryptech_ioc_key_load_raw),
		RESERVED(TOKEN, cryptech_ioc_token),
	};
	uint32_t words[128];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(words, 0, sizeof(words));
		words[0] = cases[i].size;
		if (cases[i].cmd == CRYPTECH_IOC_KERNEL_LOGIN)
			words[3] = CRYPTECH_USER_NORMAL;
		words[cases[i].reserved / 4] = 1;
		EXPECT_ERRNO(EINVAL, ioctl(self->fd, cases[i].cmd, words));
	}
}

/* --- the device ------------------------------------------------------------ */

TEST_F(ioctl, info)
{
	struct cryptech_ioc_info i = { .size = sizeof(i) };
	char serial[33];

	ASSERT_EQ(ioctl(self->anyone, CRYPTECH_IOC_INFO, &i), 0);
	EXPECT_EQ(i.abi, 1);
	EXPECT_EQ(i.index, 0);
	EXPECT_EQ(i.incarnation, incarnation());
	EXPECT_EQ(i.message_max, CRYPTECH_RPC_MESSAGE_MAX);
	EXPECT_EQ(i.kernel_user, 0);
	for (int k = 0; k < 16; k++)
		sprintf(serial + 2 * k, "%02x", i.serial[k]);
	EXPECT_STREQ(sysfs("serial"), serial);
}

TEST_F(ioctl, status)
{
	struct cryptech_status_item items[64] = {};
	struct cryptech_ioc_status s = {
		.size = sizeof(s), .count = 64, .items = (uintptr_t)items,
	};
	uint32_t all_of_them;

	ASSERT_EQ(ioctl(self->anyone, CRYPTECH_IOC_STATUS, &s), 0);
	EXPECT_EQ(s.error, 0);
	EXPECT_STREQ(s.release, sysfs("release"));
	EXPECT_GT(s.count, 20);
	EXPECT_LT(s.count, 64);
	EXPECT_EQ(status_value(self->anyone, CRYPTECH_STATUS_MESSAGE_MAX),
		  CRYPTECH_RPC_MESSAGE_MAX);
	EXPECT_EQ(status_value(self->anyone, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_SIMULATOR, CRYPTECH_MODE_SIMULATOR);

	/* less room: no more is written, the true count is told */
	all_of_them = s.count;
	memset(items, 0xee, sizeof(items));
	s.count = 1;
	ASSERT_EQ(ioctl(self->anyone, CRYPTECH_IOC_STATUS, &s), 0);
	EXPECT_EQ(s.count, all_of_them);
	EXPECT_EQ(items[0].reserved, 0);
	EXPECT_EQ(items[1].tag, 0xeeeeeeee);
	s.count = 1;
	s.items = 8;
	EXPECT_ERRNO(EFAULT, ioctl(self->anyone, CRYPTECH_IOC_STATUS, &s));
}

TEST_F(ioctl, random)
{
	static uint8_t a[16369], b[16369];
	struct cryptech_ioc_random r = { .size = sizeof(r) };
	static const uint32_t lengths[] = { 1, 3, 4, 4096, 16368 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		r.length = lengths[i];
		memset(a, 0, sizeof(a));
		r.data = (uintptr_t)a;
		ASSERT_EQ(ioctl(self->anyone, CRYPTECH_IOC_RANDOM, &r), 0);
		EXPECT_EQ(a[r.length], 0);
		r.data = (uintptr_t)b;
		ASSERT_EQ(ioctl(self->anyone, CRYPTECH_IOC_RANDOM, &r), 0);
		if (r.length > 16)
			EXPECT_NE(memcmp(a, b, r.length), 0);
	}
	r.length = 0;
	EXPECT_ERRNO(EINVAL, ioctl(self->anyone, CRYPTECH_IOC_RANDOM, &r));
	r.length = 16369;
	EXPECT_ERRNO(EINVAL, ioctl(self->anyone, CRYPTECH_IOC_RANDOM, &r));
	r.length = 16;
	r.data = 8;
	EXPECT_ERRNO(EFAULT, ioctl(self->anyone, CRYPTECH_IOC_RANDOM, &r));
}

/* --- logins ---------------------------------------------------------------- */

TEST_F(ioctl, login)
{
	struct cryptech_ioc_logout out = { .size = sizeof(out) };
	struct cryptech_ioc_pin p = {
		.size = sizeof(p), .user = 1, .pin = 8, .pin_len = 8,
	};
	static char long_pin[CRYPTECH_PIN_MAX + 2];
	uint32_t error;
	int fd = self->anyone;

	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_LOGIN, 1, "wrong-pin", &error),
		  EACCES);
	EXPECT_EQ(error, CRYPTECH_ERR_PIN_INCORRECT);
	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_LOGIN, 9, "wrong-pin", &error),
		  EINVAL);
	EXPECT_EQ(error, CRYPTECH_ERR_BAD_ARGUMENTS);
	EXPECT_ERRNO(EFAULT, ioctl(fd, CRYPTECH_IOC_LOGIN, &p));
	memset(long_pin, 'x', CRYPTECH_PIN_MAX + 1);
	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_LOGIN, 1, long_pin, &error),
		  EINVAL);
	EXPECT_EQ(error, 0);	/* the driver's own */

	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_LOGIN, CRYPTECH_USER_SO, SO_PIN,
			    &error), 0);
	EXPECT_EQ(error, 0);
	/* the security officer sets the user's PIN, not the wheel's */
	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_SET_PIN, CRYPTECH_USER_NORMAL,
			    USER_PIN, &error), 0);
	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_SET_PIN, CRYPTECH_USER_WHEEL,
			    WHEEL_PIN, &error), EACCES);
	EXPECT_EQ(error, CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(ioctl(fd, CRYPTECH_IOC_LOGOUT, &out), 0);
	EXPECT_EQ(pin_ioctl(fd, CRYPTECH_IOC_SET_PIN, CRYPTECH_USER_NORMAL,
			    USER_PIN, &error), EACCES);
}

static int as_user(int (*test)(int fd), int fd)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(setresgid(1000, 1000, 1000) ||
		      setresuid(1000, 1000, 1000) ? 255 : test(fd));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int try_kernel_login(int fd)
{
	return pin_ioctl(fd, CRYPTECH_IOC_KERNEL_LOGIN, 1, USER_PIN, NULL);
}

static int try_kernel_logout(int fd)
{
	struct cryptech_ioc_logout out = { .size = sizeof(out) };

	return ioctl(fd, CRYPTECH_IOC_KERNEL_LOGOUT, &out) ? errno : 0;
}

TEST_F(ioctl, kernel_login)
{
	struct cryptech_ioc_info i = { .size = sizeof(i) };
	uint32_t error;

	/* a descriptor is not enough: the caller is tested */
	EXPECT_EQ(as_user(try_kernel_login, self->fd), EPERM);
	EXPECT_EQ(as_user(try_kernel_logout, self->fd), EPERM);
	EXPECT_EQ(run("unshare --user --map-root-user true"), 0);
	EXPECT_STREQ(sysfs("kernel_user"), "0");

	EXPECT_EQ(pin_ioctl(self->anyone, CRYPTECH_IOC_KERNEL_LOGIN,
			    CRYPTECH_USER_WHEEL, WHEEL_PIN, &error), EINVAL);
	EXPECT_EQ(pin_ioctl(self->anyone, CRYPTECH_IOC_KERNEL_LOGIN,
			    CRYPTECH_USER_SO, SO_PIN, &error), EINVAL);
	EXPECT_EQ(pin_ioctl(self->anyone, CRYPTECH_IOC_KERNEL_LOGIN, 1,
			    "wrong-pin", &error), EACCES);
	EXPECT_EQ(error, CRYPTECH_ERR_PIN_INCORRECT);
	EXPECT_STREQ(sysfs("kernel_user"), "0");

	EXPECT_EQ(try_kernel_login(self->anyone), 0);
	EXPECT_STREQ(sysfs("kernel_user"), "1");
	EXPECT_EQ(ioctl(self->anyone, CRYPTECH_IOC_INFO, &i), 0);
	EXPECT_EQ(i.kernel_user, CRYPTECH_USER_NORMAL);
	EXPECT_EQ(as_user(try_kernel_logout, self->fd), EPERM);
	EXPECT_STREQ(sysfs("kernel_user"), "1");
	EXPECT_EQ(try_kernel_logout(self->anyone), 0);
	EXPECT_STREQ(sysfs("kernel_user"), "0");
}

/* --- keys ------------------------------------------------------------------ */

static int generate(int fd, uint32_t type, uint32_t flags, const char *label,
		    uint8_t *uuid, uint32_t *error)
{
	struct cryptech_ioc_key_generate g = {
		.size = sizeof(g), .type = type, .key_flags = flags,
		.label_len = strlen(label),
	};
	int ret;

	memcpy(g.uuid, uuid, 16);
	memcpy(g.label, label, strnlen(label, sizeof(g.label)));
	ret = ioctl(fd, CRYPTECH_IOC_KEY_GENERATE, &g) ? errno : 0;
	memcpy(uuid, g.uuid, 16);
	if (error)
		*error = g.error;
	return ret;
}

static int delete(int fd, const uint8_t *uuid)
{
	struct cryptech_ioc_key_delete d = { .size = sizeof(d) };

	memcpy(d.uuid, uuid, 16);
	return ioctl(fd, CRYPTECH_IOC_KEY_DELETE, &d) ? errno : 0;
}

static EVP_PKEY *public(int fd, const uint8_t *uuid)
{
	uint8_t der[1024];
	const uint8_t *p = der;
	struct cryptech_ioc_key_public k = {
		.size = sizeof(k), .spki_len = sizeof(der),
		.spki = (uintptr_t)der,
	};

	memcpy(k.uuid, uuid, 16);
	if (ioctl(fd, CRYPTECH_IOC_KEY_PUBLIC, &k))
		return NULL;
	return d2i_PUBKEY(NULL, &p, k.spki_len);
}

static int sign(int fd, const uint8_t *uuid, uint32_t digest,
		const void *input, uint32_t input_len, uint8_t *signature,
		uint32_t *len)
{
	struct cryptech_ioc_sign s = {
		.size = sizeof(s), .digest = digest, .input_len = input_len,
		.input = (uintptr_t)input, .signature = (uintptr_t)signature,
		.signature_len = *len,
	};
	int ret;

	memcpy(s.uuid, uuid, 16);
	ret = ioctl(fd, CRYPTECH_IOC_SIGN, &s) ? errno : 0;
	*len = s.signature_len;
	return ret;
}

static int verify(int fd, const uint8_t *uuid, uint32_t digest,
		  const void *input, uint32_t input_len,
		  const uint8_t *signature, uint32_t len)
{
	struct cryptech_ioc_verify v = {
		.size = sizeof(v), .digest = digest, .input_len = input_len,
		.input = (uintptr_t)input, .signature = (uintptr_t)signature,
		.signature_len = len,
	};

	memcpy(v.uuid, uuid, 16);
	return ioctl(fd, CRYPTECH_IOC_VERIFY, &v) ? errno : 0;
}

/* OpenSSL's opinion of a signature over a SHA-256 value; EC as r || s. */
static bool openssl_verifies(EVP_PKEY *key, const uint8_t *hash,
			     const uint8_t *signature, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t *der = NULL;
	bool good;

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
		ECDSA_SIG *sig = ECDSA_SIG_new();

		ECDSA_SIG_set0(sig, BN_bin2bn(signature, len / 2, NULL),
			       BN_bin2bn(signature + len / 2, len / 2, NULL));
		len = i2d_ECDSA_SIG(sig, &der);
		signature = der;
		ECDSA_SIG_free(sig);
	}
	good = EVP_PKEY_verify_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_verify(ctx, signature, len, hash, 32) == 1;
	OPENSSL_free(der);
	EVP_PKEY_CTX_free(ctx);
	return good;
}

static void key_life(struct __test_metadata *_metadata, int fd, int anyone,
		     uint32_t type, uint32_t flags, uint32_t class,
		     uint32_t signature_len)
{
	struct cryptech_ioc_key_info info = { .size = sizeof(info) };
	struct cryptech_ioc_key_set_label set = {
		.size = sizeof(set), .label_len = 5, .label = "other",
	};
	struct cryptech_ioc_key_public pub = { .size = sizeof(pub) };
	uint8_t uuid[16] = {}, hash[32], signature[1024], zero[16] = {};
	uint32_t len, error;
	EVP_PKEY *key;

	memset(hash, type, sizeof(hash));
	ASSERT_EQ(generate(fd, type, flags, "a label", uuid, &error), 0);
	EXPECT_NE(memcmp(uuid, zero, 16), 0);
	/* its name is taken now */
	EXPECT_EQ(generate(fd, type, flags, "", uuid, &error), EEXIST);
	EXPECT_EQ(error, CRYPTECH_ERR_KEY_NAME_IN_USE);

	memcpy(info.uuid, uuid, 16);
	ASSERT_EQ(ioctl(fd, CRYPTECH_IOC_KEY_INFO, &info), 0);
	EXPECT_EQ(info.type, type);
	EXPECT_EQ(info.key_class, class);
	EXPECT_EQ(info.key_flags, flags);
	EXPECT_EQ(info.label_len, 7);
	EXPECT_EQ(memcmp(info.label, "a label", 7), 0);

	memcpy(set.uuid, uuid, 16);
	EXPECT_EQ(ioctl(fd, CRYPTECH_IOC_KEY_SET_LABEL, &set), 0);
	ASSERT_EQ(ioctl(fd, CRYPTECH_IOC_KEY_INFO, &info), 0);
	EXPECT_EQ(info.label_len, 5);
	EXPECT_EQ(memcmp(info.label, "other", 5), 0);

	/* too little room: told how much it takes, nothing written */
	memcpy(pub.uuid, uuid, 16);
	EXPECT_ERRNO(EOVERFLOW, ioctl(fd, CRYPTECH_IOC_KEY_PUBLIC, &pub));
	EXPECT_GT(pub.spki_len, 64);
	EXPECT_LT(pub.spki_len, 1024);
	key = public(fd, uuid);
	ASSERT_NE(key, NULL);
	EXPECT_EQ(i2d_PUBKEY(key, NULL), (int)pub.spki_len);

	len = sizeof(signature);
	ASSERT_EQ(sign(fd, uuid, CRYPTECH_DIGEST_SHA256, hash, 32, signature,
		       &len), 0);
	EXPECT_EQ(len, signature_len);
	EXPECT_TRUE(openssl_verifies(key, hash, signature, len));
	EXPECT_EQ(verify(fd, uuid, CRYPTECH_DIGEST_SHA256, hash, 32,
			 signature, len), 0);
	signature[len - 1] ^= 1;
	EXPECT_FALSE(openssl_verifies(key, hash, signature, len));
	EXPECT_EQ(verify(fd, uuid, CRYPTECH_DIGEST_SHA256, hash, 32,
			 signature, len), EKEYREJECTED);
	len--;
	EXPECT_EQ(sign(fd, uuid, CRYPTECH_DIGEST_SHA256, hash, 32, signature,
		       &len), EOVERFLOW);
	len = sizeof(signature);
	EXPECT_EQ(sign(fd, uuid, CRYPTECH_DIGEST_SHA256, hash, 31, signature,
		       &len), EINVAL);

	/* to others the key does not exist, or they may not ask */
	len = sizeof(signature);
	error = sign(anyone, uuid, CRYPTECH_DIGEST_SHA256, hash, 32,
		     signature, &len);
	EXPECT_TRUE(error == ENOKEY || error == EACCES);
	EXPECT_EQ(public(anyone, uuid), NULL);
	error = delete(anyone, uuid);
	EXPECT_TRUE(error == ENOKEY || error == EACCES);

	EXPECT_EQ(delete(fd, uuid), 0);
	EXPECT_EQ(delete(fd, uuid), ENOKEY);
	EXPECT_ERRNO(ENOKEY, ioctl(fd, CRYPTECH_IOC_KEY_INFO, &info));
	EXPECT_EQ(info.error, CRYPTECH_ERR_KEY_NOT_FOUND);
	EVP_PKEY_free(key);
}

#define KEY_TEST(name, type, flags, class, signature_len)		       \
TEST_F(ioctl, name)							       \
{									       \
	key_life(_metadata, self->fd, self->anyone, CRYPTECH_KEY_##type,      \
		 flags, CRYPTECH_KEY_CLASS_##class, signature_len);	       \
}

KEY_TEST(rsa2048, RSA2048, SIGN_ONLY, RSA_PRIVATE, 256)
KEY_TEST(rsa3072_in_flash, RSA3072, TOKEN_SIGN, RSA_PRIVATE, 384)
KEY_TEST(ec_p256_in_flash, EC_P256, TOKEN_SIGN, EC_PRIVATE, 64)
KEY_TEST(ec_p384, EC_P384, SIGN_ONLY, EC_PRIVATE, 96)
KEY_TEST(ec_p521, EC_P521, SIGN_ONLY, EC_PRIVATE, 132)

TEST_F(ioctl, bad_keys)
{
	uint8_t uuid[16] = {}, hash[32] = {}, signature[64];
	uint32_t error, len = sizeof(signature);
	char label[70];
	int ret;

	EXPECT_NE(generate(self->fd, 0x12345678, TOKEN_SIGN, "", uuid,
			   &error), 0);
	EXPECT_NE(error, 0);
	EXPECT_EQ(generate(self->fd, CRYPTECH_KEY_EC_P256, 0x80000000, "",
			   uuid, &error), EINVAL);
	memset(label, 'x', 65);
	label[65] = 0;
	EXPECT_EQ(generate(self->fd, CRYPTECH_KEY_EC_P256, SIGN_ONLY, label,
			   uuid, &error), EINVAL);
	ret = generate(self->anyone, CRYPTECH_KEY_EC_P256, SIGN_ONLY, "",
		       uuid, &error);
	EXPECT_EQ(ret, EACCES);
	EXPECT_EQ(error, CRYPTECH_ERR_FORBIDDEN);
	memset(uuid, 0x5a, 16);
	EXPECT_EQ(delete(self->fd, uuid), ENOKEY);
	EXPECT_EQ(sign(self->fd, uuid, 0, hash, 32, signature, &len), ENOKEY);
	EXPECT_EQ(sign(self->fd, uuid, 0, hash, 16385, signature, &len),
		  EINVAL);
	EXPECT_EQ(sign(self->fd, uuid, 0, (void *)8, 32, signature, &len),
		  EFAULT);
}

/* Load an OpenSSL key: the same name, the same signatures. */
TEST_F(ioctl, load)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *got;
	struct cryptech_ioc_key_load l = {
		.size = sizeof(l), .key_flags = SIGN_ONLY, .label_len = 4,
		.label = "ours",
	};
	uint8_t *der = NULL, hash[32] = "a hash", signature[64];
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
	uint32_t len = sizeof(signature);

	l.der_len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
	l.der = (uintptr_t)der;
	memset(l.uuid, 0x77, 16);
	ASSERT_EQ(ioctl(self->fd, CRYPTECH_IOC_KEY_LOAD, &l), 0);
	EXPECT_EQ(l.uuid[0], 0x77);
	got = public(self->fd, l.uuid);
	EXPECT_EQ(EVP_PKEY_eq(key, got), 1);
	EXPECT_EQ(sign(self->fd, l.uuid, CRYPTECH_DIGEST_SHA256, hash, 32,
		       signature, &len), 0);
	EXPECT_TRUE(openssl_verifies(key, hash, signature, len));
	EXPECT_ERRNO(EEXIST, ioctl(self->fd, CRYPTECH_IOC_KEY_LOAD, &l));
	EXPECT_EQ(delete(self->fd, l.uuid), 0);

	/* cut short, and no key at all */
	l.der_len--;
	EXPECT_ERRNO(EBADMSG, ioctl(self->fd, CRYPTECH_IOC_KEY_LOAD, &l));
	EXPECT_EQ(l.error, CRYPTECH_ERR_ASN1_PARSE_FAILED);
	l.der_len = 0;
	EXPECT_EQ(ioctl(self->fd, CRYPTECH_IOC_KEY_LOAD, &l), -1);
	l.der_len = 20000;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, CRYPTECH_IOC_KEY_LOAD, &l));
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(p8);
}

/* Pages of the list, in order, each key once; own volatile keys as well. */
TEST_F(ioctl, list)
{
	struct cryptech_key_item items[3];
	struct cryptech_ioc_key_list l = {
		.size = sizeof(l), .items = (uintptr_t)items,
	};
	uint8_t uuids[7][16] = {}, last[16] = {};
	int found = 0, other = open_ready();

	for (int i = 0; i < 7; i++)
		ASSERT_EQ(generate(self->fd, CRYPTECH_KEY_EC_P256,
				   i & 1 ? SIGN_ONLY : TOKEN_SIGN, "listed",
				   uuids[i], NULL), 0);
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, CRYPTECH_IOC_KEY_LIST, &l));
	do {
		l.count = 3;
		ASSERT_EQ(ioctl(self->fd, CRYPTECH_IOC_KEY_LIST, &l), 0);
		ASSERT_LE(l.count, 3);
		for (uint32_t i = 0; i < l.count; i++) {
			EXPECT_GT(memcmp(items[i].uuid, last, 16), 0);
			memcpy(last, items[i].uuid, 16);
			for (int k = 0; k < 7; k++)
				found += !memcmp(items[i].uuid, uuids[k], 16);
			EXPECT_EQ(items[i].type, CRYPTECH_KEY_EC_P256);
			EXPECT_EQ(items[i].label_len, 6);
		}
		memcpy(l.previous, last, 16);
	} while (l.count);
	EXPECT_EQ(found, 7);

	/* another client sees those in flash alone */
	ASSERT_EQ(raw_login(other, CRYPTECH_USER_NORMAL, USER_PIN), 0);
	memset(l.previous, 0, 16);
	l.count = 3;
	found = 0;
	do {
		ASSERT_EQ(ioctl(other, CRYPTECH_IOC_KEY_LIST, &l), 0);
		for (uint32_t i = 0; i < l.count; i++) {
			for (int k = 1; k < 7; k += 2)
				found += !memcmp(items[i].uuid, uuids[k], 16);
			memcpy(l.previous, items[i].uuid, 16);
		}
	} while (l.count);
	EXPECT_EQ(found, 0);
	close(other);
	for (int i = 0; i < 7; i++)
		EXPECT_EQ(delete(self->fd, uuids[i]), 0);
}

/* Volatile keys go with the file. */
TEST_F(ioctl, volatile_keys_end)
{
	uint8_t uuid[16] = {};
	int fd = open_ready();

	ASSERT_EQ(raw_login(fd, CRYPTECH_USER_NORMAL, USER_PIN), 0);
	ASSERT_EQ(generate(fd, CRYPTECH_KEY_EC_P256, SIGN_ONLY, "", uuid,
			   NULL), 0);
	EXPECT_EQ(status_value(fd, CRYPTECH_STATUS_KEYS_VOLATILE), 1);
	EXPECT_EQ(delete(self->fd, uuid), ENOKEY);	/* not his */
	close(fd);
	EXPECT_TRUE(eventually(!status_value(self->fd,
				CRYPTECH_STATUS_KEYS_VOLATILE)));
}

TEST_HARNESS_MAIN
