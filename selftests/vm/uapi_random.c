// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls, by several threads that share what they open: ioctls with
 * fields of their type or not, of any size, with pointers to anywhere; read,
 * write, poll, mmap and close of the same files; keyctl on keys for the HSM;
 * sockets of AF_ALG. It passes if the kernel does not complain, the HSM was
 * never given up, still answers right, and holds nothing more than before.
 *
 * uapi_random [SECONDS [SEED]]: the same seed draws the same calls for each
 * thread; how they meet is the scheduler's.
 */
#include <poll.h>
#include <signal.h>

#include "uapi_random.h"

#define THREADS		4
#define FILES		8
#define PATIENCE_S	90

enum way { IOCTL, RAW, KEYCTL, ALG, WAYS };
static const char *const way_names[WAYS] = {
	"ioctls", "raw requests", "keyctl", "AF_ALG",
};

static int files[FILES];		/* those of all threads; -1: none */
static unsigned int called[256];	/* by number of the ioctl */
static unsigned int done[WAYS], worked[WAYS];
static int stop;

static struct drawer {
	pthread_t thread;
	struct rng rng;
	struct memory memory;
	key_serial_t keys[8];
	int tfm, op;
} drawers[THREADS];

static void count(enum way way, bool success)
{
	__atomic_add_fetch(&done[way], 1, __ATOMIC_RELAXED);
	if (success)
		__atomic_add_fetch(&worked[way], 1, __ATOMIC_RELAXED);
}

/* --- files ------------------------------------------------------------------- */

static int a_file(struct drawer *d)
{
	return __atomic_load_n(&files[below(&d->rng, FILES)],
			       __ATOMIC_RELAXED);
}

/* Another file in its place; somebody may be in the middle of a call of it. */
static void replace_file(struct drawer *d)
{
	int flags = O_RDWR | O_CLOEXEC | (one_in(&d->rng, 3) ? O_NONBLOCK : 0);
	int fd = open("/dev/cryptech0", flags), old;

	if (fd >= 0 && !one_in(&d->rng, 6))
		hsm_login(fd, CRYPTECH_USER_NORMAL, USER_PIN);
	old = __atomic_exchange_n(&files[below(&d->rng, FILES)], fd,
				  __ATOMIC_RELAXED);
	if (old >= 0)
		close(old);
}

static void odd_call(struct drawer *d)
{
	int fd = a_file(d), copy;
	struct pollfd p = { .fd = fd, .events = draw(&d->rng) };
	void *map;

	switch (below(&d->rng, 5)) {
	case 0:
		poll(&p, 1, below(&d->rng, 3));
		break;
	case 1:
		map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED)
			give_up("the device can be mapped");
		break;
	case 2:
		lseek(fd, draw(&d->rng), SEEK_SET);
		break;
	case 3:
		copy = dup(fd);
		close(copy);
		break;
	default:
		ioctl(fd, draw(&d->rng), a_place(&d->rng, &d->memory));
	}
}

/* --- ioctls ------------------------------------------------------------------ */

/* Names of keys that it told. */
static void learn(struct drawer *d, size_t i, const unsigned char *arg)
{
	size_t k;

	for (k = i + 1; k < UAPI_COUNT && !uapi[k].name; k++)
		if (!strcmp(uapi[k].field.name, "uuid"))
			remember(&d->rng, arg + uapi[k].field.at);
}

static void one_ioctl(struct drawer *d)
{
	static __thread unsigned char arg[ARG_MAX_SIZE];
	unsigned char *place = arg;
	size_t i, told;
	int ret;

	do {
		i = below(&d->rng, UAPI_COUNT);
	} while (!uapi[i].name);
	told = an_argument(&d->rng, &d->memory, i, arg);
	if (one_in(&d->rng, 24)) {	/* the struct itself is somewhere else */
		place = a_place(&d->rng, &d->memory);
	} else if (one_in(&d->rng, 24) && told < REGION) {
		place = d->memory.good + REGION - below(&d->rng, told + 2);
		memcpy(place, arg, d->memory.good + REGION - place);
	}
	ret = ioctl(a_file(d), uapi[i].number, place);
	__atomic_add_fetch(&called[_IOC_NR(uapi[i].number)], 1,
			   __ATOMIC_RELAXED);
	count(IOCTL, !ret);
	if (!ret && place == arg)
		learn(d, i, arg);
}

/* --- the raw door -------------------------------------------------------------- */

static void put_u32(unsigned char *to, uint32_t value)
{
	to[0] = value >> 24;
	to[1] = value >> 16;
	to[2] = value >> 8;
	to[3] = value;
}

/* Arguments: words, and names of keys as the protocol writes them. */
static size_t a_message(struct drawer *d, unsigned char *to)
{
	struct rng *r = &d->rng;
	uint32_t function;
	size_t at = 8;

	do {
		function = one_in(r, 2) ? below(r, 80) :
					  0x100 + below(r, 0x60);
	} while (function == CRYPTECH_RPC_LOGIN);	/* PINs count failures */
	put_u32(to, function);
	put_u32(to + 4, draw(r));
	while (at < 200 && !one_in(r, 5)) {
		if (one_in(r, 3)) {
			put_u32(to + at, 16);
			a_name(r, to + at + 4);
			at += 20;
		} else {
			put_u32(to + at, one_in(r, 4) ? a_length(r) :
							below(r, 40));
			at += 4;
		}
	}
	return one_in(r, 20) ? below(r, 16400) : at;
}

static void one_raw(struct drawer *d)
{
	unsigned char *good = d->memory.good, *to;
	struct pollfd p = { .fd = a_file(d), .events = POLLIN };
	size_t len;

	if (!one_in(&d->rng, 2)) {
		to = one_in(&d->rng, 8) ? a_place(&d->rng, &d->memory) : good;
		len = to == good ? a_message(d, good) : below(&d->rng, 20000);
		count(RAW, write(p.fd, to, len) > 0);
		return;
	}
	/* so that it does not wait for others' */
	if (poll(&p, 1, 2) != 1)
		return;
	to = one_in(&d->rng, 8) ? a_place(&d->rng, &d->memory) : good;
	len = one_in(&d->rng, 8) ? below(&d->rng, 64) : CRYPTECH_RPC_MESSAGE_MAX;
	count(RAW, read(p.fd, to, len) > 0);
}

/* --- keyrings ---------------------------------------------------------------------- */

static key_serial_t a_new_key(struct drawer *d)
{
	static const char *const types[] = {
		"ec-p256", "ec-p384", "aes256", "hmac-sha256", "nonsense",
	};
	struct rng *r = &d->rng;
	unsigned char uuid[16];
	char text[UUID_TEXT], payload[128], name[16];

	a_name(r, uuid);
	uuid_format(text, uuid);
	switch (below(r, 4)) {
	case 0:
		snprintf(payload, sizeof(payload), "new %s volatile fd=%d",
			 PICK(r, types), a_file(d));
		break;
	case 1:
		snprintf(payload, sizeof(payload), "use %s fd=%d", text,
			 a_file(d));
		break;
	case 2:
		snprintf(payload, sizeof(payload), "use %s", text);
		break;
	default:
		snprintf(payload, sizeof(payload), "load %s", text);
	}
	snprintf(name, sizeof(name), "k%d", below(r, 12));
	return add_key("cryptech", name, payload, strlen(payload) -
		       (one_in(r, 12) ? below(r, 8) : 0),
		       KEY_SPEC_PROCESS_KEYRING);
}

static void one_keyctl(struct drawer *d)
{
	static const char *const infos[] = {
		"enc=x962 hash=sha256", "enc=raw hash=sha256",
		"enc=x962 hash=sha384", "enc=pkcs1 hash=sha256", "enc=x", "",
	};
	struct rng *r = &d->rng;
	key_serial_t *key = &d->keys[below(r, 8)];
	const char *info = PICK(r, infos);
	struct keyctl_pkey_query query;
	unsigned char *good = d->memory.good;
	/* KEYCTL_PKEY_VERIFY reads as much as a signature can have */
	void *place = one_in(r, 8) ? a_place(r, &d->memory) : good;
	long ret;

	switch (*key > 0 ? below(r, 10) : 0) {
	case 0:
		ret = a_new_key(d);
		if (ret > 0)
			*key = ret;
		break;
	case 1:
	case 2:
		ret = keyctl_pkey_query(*key, info, &query);
		break;
	case 3:
	case 4:
		ret = keyctl_pkey_sign(*key, info, place, below(r, 80), good,
				       below(r, 300));
		break;
	case 5:
		ret = keyctl_pkey_verify(*key, info, place, below(r, 80), good,
					 below(r, 300));
		break;
	case 6:
		ret = keyctl_read(*key, place, below(r, 200));
		break;
	case 7:
		ret = keyctl_update(*key, place, below(r, 200));
		break;
	case 8:
		ret = one_in(r, 2) ? keyctl_revoke(*key) :
				     keyctl_invalidate(*key);
		break;
	default:
		ret = keyctl_unlink(*key, KEY_SPEC_PROCESS_KEYRING);
		*key = 0;
	}
	count(KEYCTL, ret >= 0);
}

/* --- AF_ALG -------------------------------------------------------------------------- */

static void close_socket(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A socket and its token, which may name any key, or none. */
static int a_socket(struct drawer *d)
{
	static const struct {
		const char *type, *name;
		unsigned int key;
	} algs[] = {
		{ "skcipher", "cbc(paes)", CRYPTECH_KEY_AES256 },
		{ "skcipher", "ctr(paes)", CRYPTECH_KEY_AES256_CTR },
		{ "skcipher", "xts(paes)", CRYPTECH_KEY_AES256_XTS },
		{ "hash", "cmac(paes)", CRYPTECH_KEY_AES128_CMAC },
		{ "aead", "gcm(paes)", CRYPTECH_KEY_AES128_GCM },
	};
	unsigned char token[64], uuid[16];
	struct rng *r = &d->rng;
	int i = below(r, 5), fd = alg_try(algs[i].type, algs[i].name);

	if (fd < 0)
		return -1;
	a_name(r, uuid);
	if (!i && one_in(r, 2))
		memcpy(uuid, CBC->uuid, 16);
	token_make(token, 1, algs[i].key, one_in(r, 2) ? serial : NULL, uuid,
		   16);
	if (one_in(r, 6))
		token[below(r, 48)] ^= 1 << below(r, 8);
	alg_setkey(fd, token, one_in(r, 10) ? below(r, 64) : 48);
	return fd;
}

static void one_alg(struct drawer *d)
{
	struct rng *r = &d->rng;
	unsigned char *good = d->memory.good, iv_there[16];
	size_t len = one_in(r, 4) ? below(r, 20000) : 16 * below(r, 20);
	void *place = one_in(r, 8) ? a_place(r, &d->memory) : good;

	if (d->tfm < 0 || one_in(r, 20)) {
		close_socket(&d->op);
		close_socket(&d->tfm);
		d->tfm = a_socket(d);
	}
	if (d->tfm >= 0 && (d->op < 0 || one_in(r, 6))) {
		close_socket(&d->op);
		d->op = accept4(d->tfm, NULL, NULL, SOCK_CLOEXEC |
				SOCK_NONBLOCK);
	}
	if (d->op < 0)
		return;
	if (one_in(r, 2)) {
		draw_bytes(r, iv_there, 16);
		count(ALG, !alg_send(d->op, one_in(r, 2),
				     one_in(r, 6) ? NULL : iv_there, place,
				     len, one_in(r, 4)));
	} else {
		count(ALG, recv(d->op, place, len, MSG_DONTWAIT) > 0);
	}
}

/* --- all of it ------------------------------------------------------------------------ */

static void *drawing(void *data)
{
	struct drawer *d = data;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		switch (below(&d->rng, 20)) {
		case 0:
			if (one_in(&d->rng, 4))	/* a login takes its time */
				replace_file(d);
			break;
		case 1:
			odd_call(d);
			break;
		case 2 ... 5:
			one_raw(d);
			break;
		case 6 ... 8:
			one_keyctl(d);
			break;
		case 9 ... 12:
			one_alg(d);
			break;
		default:
			one_ioctl(d);
		}
	}
	close_socket(&d->op);
	close_socket(&d->tfm);
	return NULL;
}

static void start(unsigned long seed)
{
	int i;

	for (i = 0; i < FILES; i++)
		files[i] = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	for (i = 0; i < THREADS; i++) {
		drawers[i].rng.state = (seed + 1) * 0x9e3779b97f4a7c15ull + i;
		drawers[i].tfm = -1;
		drawers[i].op = -1;
		memory_make(&drawers[i].memory);
		if (pthread_create(&drawers[i].thread, NULL, drawing,
				   &drawers[i]))
			give_up("thread");
	}
}

static void end(void)
{
	int i;

	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < THREADS; i++)
		pthread_join(drawers[i].thread, NULL);
	for (i = 0; i < FILES; i++)
		close_socket(&files[i]);
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
}

static void timed_out(int signal)
{
	static const char text[] = "Bail out! a call does not return\n";

	(void)signal;
	_exit(write(1, text, sizeof(text) - 1) ? 1 : 1);
}

/* --- what is to hold ------------------------------------------------------------------- */

static unsigned long long incarnation(int hsm)
{
	struct cryptech_ioc_info info = { .size = sizeof(info) };

	if (ioctl(hsm, CRYPTECH_IOC_INFO, &info))
		give_up("the HSM was given up: INFO");
	return info.incarnation;
}

/* The key of the tests, which nobody knew, by ioctl and by AF_ALG. */
static void answers_are_right(int hsm)
{
	static const unsigned char text[32] = "what is enciphered";
	unsigned char wanted[32], out[32];
	struct cryptech_ioc_cipher arg = {
		.size = sizeof(arg), .mode = CRYPTECH_MODE_CBC, .iv_len = 16,
		.data = (uintptr_t)out, .data_len = 32,
	};
	int fd = alg_bind("cbc(paes)");

	ssl_crypt(CBC->ssl, CBC->value, 1, iv, text, wanted, 32);
	memcpy(arg.uuid, CBC->uuid, 16);
	memcpy(arg.iv, iv, 16);
	memcpy(out, text, 32);
	point(!ioctl(hsm, CRYPTECH_IOC_ENCRYPT, &arg) &&
	      !memcmp(out, wanted, 32), "an ioctl is answered right");
	point_is(hsm_pin(hsm, CRYPTECH_IOC_KERNEL_LOGIN, CRYPTECH_USER_NORMAL,
			 USER_PIN), 0, "the kernel can be logged in");
	alg_setkey(fd, CBC->token, 48);
	memset(out, 0, 32);
	point(!alg_crypt(fd, 1, iv, text, out, 32) && !memcmp(out, wanted, 32),
	      "so is AF_ALG");
	close(fd);
}

static const struct {
	unsigned int tag;
	const char *what;
} held[] = {
	{ CRYPTECH_STATUS_CLIENTS, "client" },
	{ CRYPTECH_STATUS_HANDLES, "handle" },
	{ CRYPTECH_STATUS_KEYS_VOLATILE, "volatile key" },
};
#define HELD	(sizeof(held) / sizeof(held[0]))

static void make_keys_there(int hsm)
{
	char text[UUID_TEXT];
	unsigned char uuid[16];
	size_t i;

	for (i = 0; i < 32; i++)
		CBC->value[i] = random();
	hsm_load_raw(hsm, CBC->type, CBC->value, 32, CBC->uuid);
	errno = hsm_token(hsm, CBC->uuid, CBC->token);
	if (errno)
		give_up("token");
	/* some that may go */
	for (i = 0; i < 4; i++) {
		hsm_generate(hsm, i & 1 ? CRYPTECH_KEY_EC_P256 :
			     CRYPTECH_KEY_AES256, CRYPTECH_KEY_FLAG_TOKEN |
			     (i & 1 ? CRYPTECH_KEY_FLAG_DIGITALSIGNATURE :
			      CRYPTECH_KEY_FLAG_DATAENCIPHERMENT), uuid, text);
		remember(&drawers[0].rng, uuid);
	}
}

static void every_ioctl_was_called(void)
{
	size_t i;
	int missed = 0, way;

	for (i = 0; i < UAPI_COUNT; i++)
		missed += uapi[i].name && !called[_IOC_NR(uapi[i].number)];
	point_is(missed, 0, "every ioctl was called");
	for (way = 0; way < WAYS; way++)
		point(worked[way] > 0, "%u %s, of which %u worked", done[way],
		      way_names[way], worked[way]);
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? atoi(argv[1]) : 20;
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 0) :
					(unsigned long)time(NULL);
	unsigned long long before[HELD], first;
	int hsm = keys_session();
	size_t i;

	printf("# seed %lu\n", seed);
	fflush(stdout);
	drawers[0].rng.state = 1;
	make_keys_there(hsm);
	for (i = 0; i < HELD; i++)
		before[i] = hsm_status(hsm, held[i].tag);
	first = incarnation(hsm);
	start(seed);
	sleep(seconds);
	signal(SIGALRM, timed_out);
	alarm(PATIENCE_S);
	end();
	alarm(0);
	point(1, "every call returned");
	every_ioctl_was_called();
	point_is(incarnation(hsm), first, "the HSM was never given up");
	answers_are_right(hsm);
	for (i = 0; i < HELD; i++)
		point_is(wait_for_status(hsm, held[i].tag, before[i]),
			 before[i], "no %s is left", held[i].what);
	close(hsm);
	return keys_end();
}
