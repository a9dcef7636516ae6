// SPDX-License-Identifier: MIT
/*
 * rpc_bench SOCKET PID CLIENTS SECONDS version|aes|rsa2048|ec-p256|hss
 *
 * CLIENTS connections to the HSM in libhal compatibility that is process PID,
 * each with one request in flight; prints calls a second, microseconds of
 * the HSM's processor time for each, and how long they took: p50, p90, p99,
 * p99.9, the longest, in microseconds. Every answer is looked at: an error ends
 * the run. aes: 4 KiB, AES-256-CBC. hss: one key of two levels, H10 and W4, that
 * takes 64 leaves of its root at once; all connections sign with it.
 */
#include <poll.h>

#include <cryptech/hss.h>

#include "client.h"
#include "latency.h"

#define MAX_CLIENTS 256
#define AES_BYTES 4096

/* A name that was not there, of a key that will be. */
static uint8_t hss_key[CRYPTECH_UUID_SIZE];
static uint8_t aes_key[CRYPTECH_UUID_SIZE];
static struct latency taken;

static void make_hss(struct connection *c)
{
	uint8_t request[256];
	struct xdr_writer w;
	struct xdr_reader r;
	uint64_t name = (uint64_t)(now() * 1e9);

	memcpy(hss_key, &name, sizeof(name));
	begin(&w, request, sizeof(request), CRYPTECH_RPC_HASHSIG_GENERATE);
	xdr_put_opaque(&w, hss_key, sizeof(hss_key));
	xdr_put_u32(&w, CRYPTECH_KEY_FLAG_DIGITALSIGNATURE |
		    CRYPTECH_KEY_FLAG_TOKEN);
	xdr_put_opaque(&w, "", 0);
	xdr_put_u32(&w, CRYPTECH_HASHSIG_PUNCTURED);
	xdr_put_u32(&w, 64);
	xdr_put_u32(&w, 2);
	for (int i = 0; i < 2; i++) {
		xdr_put_u32(&w, 6);	/* H10 */
		xdr_put_u32(&w, 3);	/* W4 */
	}
	call(c, &w, &r);
	do {
		begin(&w, request, sizeof(request), CRYPTECH_RPC_HASHSIG_JOB);
		xdr_put_opaque(&w, hss_key, sizeof(hss_key));
		call(c, &w, &r);
	} while (xdr_get_u32(&r) == CRYPTECH_JOB_RUNNING);
}

static void sign_once(struct xdr_writer *w, uint8_t *buffer, size_t size)
{
	static uint64_t number;
	uint8_t id[CRYPTECH_HASHSIG_REQUEST_SIZE] = { 0 };

	number++;
	memcpy(id, &number, sizeof(number));
	begin(w, buffer, size, CRYPTECH_RPC_SIGN_ONCE);
	xdr_put_opaque(w, hss_key, sizeof(hss_key));
	xdr_put_opaque(w, id, sizeof(id));
	xdr_put_opaque(w, "a message of thirty-two bytes...", 32);
	xdr_put_u32(w, CRYPTECH_HSS_SIGNATURE_MAX);
}

/* Make the key that all use, or open it once it is made. */
static void get_key(struct connection *c, bool rsa)
{
	static uint8_t uuid[CRYPTECH_UUID_SIZE];
	static bool made;
	uint8_t request[256];
	struct xdr_writer w;
	struct xdr_reader r;
	const uint8_t *name;
	size_t len;

	begin(&w, request, sizeof(request), made ? CRYPTECH_RPC_PKEY_OPEN :
	      rsa ? CRYPTECH_RPC_PKEY_GENERATE_RSA :
		    CRYPTECH_RPC_PKEY_GENERATE_EC);
	xdr_put_u32(&w, 0);
	if (made) {
		xdr_put_opaque(&w, uuid, sizeof(uuid));
	} else {
		xdr_put_u32(&w, rsa ? 2048 : CRYPTECH_CURVE_P256);
		if (rsa)
			xdr_put_opaque(&w, "\x01\x00\x01", 3);
		xdr_put_u32(&w, CRYPTECH_KEY_FLAG_TOKEN |
				CRYPTECH_KEY_FLAG_DIGITALSIGNATURE);
	}
	call(c, &w, &r);
	c->key = xdr_get_u32(&r);
	if (made)
		return;
	name = xdr_get_opaque(&r, &len);
	if (len != sizeof(uuid))
		die("UUID");
	memcpy(uuid, name, sizeof(uuid));
	made = true;
}

/* Of the first connection: the key is in flash, for all. */
static void load_aes(struct connection *c)
{
	static const uint8_t value[32] = { 1, 2, 3 };
	uint8_t request[256];
	struct xdr_writer w;
	struct xdr_reader r;
	const uint8_t *name;
	size_t len;

	begin(&w, request, sizeof(request), CRYPTECH_RPC_KEY_LOAD_RAW);
	xdr_put_opaque(&w, "", 0);
	xdr_put_u32(&w, CRYPTECH_KEY_AES256);
	xdr_put_opaque(&w, value, sizeof(value));
	xdr_put_u32(&w, CRYPTECH_KEY_FLAG_TOKEN |
			CRYPTECH_KEY_FLAG_DATAENCIPHERMENT);
	xdr_put_opaque(&w, "", 0);
	call(c, &w, &r);
	name = xdr_get_opaque(&r, &len);
	if (len != sizeof(aes_key))
		die("UUID");
	memcpy(aes_key, name, sizeof(aes_key));
}

static void encrypt(struct xdr_writer *w, uint8_t *buffer, size_t size)
{
	static const uint8_t data[AES_BYTES], iv[16];

	begin(w, buffer, size, CRYPTECH_RPC_ENCRYPT);
	xdr_put_opaque(w, aes_key, sizeof(aes_key));
	xdr_put_u32(w, CRYPTECH_MODE_CBC);
	xdr_put_opaque(w, iv, sizeof(iv));
	xdr_put_u32(w, 0);
	xdr_put_opaque(w, data, sizeof(data));
}

static void request_of(struct connection *c, const char *what, uint8_t *buffer,
		       size_t size, struct xdr_writer *w)
{
	static const uint8_t digest[32] = { 1, 2, 3 };

	if (!strcmp(what, "aes")) {
		encrypt(w, buffer, size);
		return;
	}

	if (!strcmp(what, "version")) {
		begin(w, buffer, size, CRYPTECH_RPC_GET_VERSION);
		return;
	}
	if (!strcmp(what, "hss")) {
		sign_once(w, buffer, size);
		return;
	}
	begin(w, buffer, size, CRYPTECH_RPC_PKEY_SIGN);
	xdr_put_u32(w, c->key);
	xdr_put_u32(w, 0);
	xdr_put_opaque(w, digest, sizeof(digest));
	xdr_put_u32(w, 1024);
}

static void prepare(struct connection *c, const char *what, int number)
{
	if (!strcmp(what, "version"))
		return;
	log_in(c);
	if (!strcmp(what, "aes")) {
		if (!number)
			load_aes(c);
		return;
	}
	if (strcmp(what, "hss"))
		get_key(c, !strcmp(what, "rsa2048"));
	else if (!number)
		make_hss(c);
}

static void next_request(struct connection *c, const char *what)
{
	uint8_t buffer[AES_BYTES + 256];
	struct xdr_writer w;

	request_of(c, what, buffer, sizeof(buffer), &w);
	c->sent = now();
	send_request(c, &w);
}

static unsigned long serve(struct connection *cs, struct pollfd *fds, int n,
			   const char *what, double seconds)
{
	double end = now() + seconds;
	unsigned long calls = 0;
	struct xdr_reader r;
	int i;

	for (i = 0; i < n; i++)
		next_request(&cs[i], what);
	while (now() < end) {
		if (poll(fds, n, -1) < 0)
			die("poll");
		for (i = 0; i < n; i++) {
			if (!(fds[i].revents & POLLIN) || !receive(&cs[i], &r))
				continue;
			calls++;
			latency_add(&taken, now() - cs[i].sent);
			next_request(&cs[i], what);
		}
	}
	return calls;
}

int main(int argc, char **argv)
{
	static struct connection cs[MAX_CLIENTS];
	static struct pollfd fds[MAX_CLIENTS];
	double seconds, start, before;
	unsigned long calls;
	int n, i, pid;

	if (argc != 6 || (pid = atoi(argv[2])) < 1 ||
	    (n = atoi(argv[3])) < 1 || n > MAX_CLIENTS ||
	    (seconds = atof(argv[4])) <= 0) {
		fprintf(stderr, "usage: rpc_bench SOCKET PID CLIENTS SECONDS "
			"version|aes|rsa2048|ec-p256|hss\n");
		return 2;
	}
	for (i = 0; i < n; i++) {
		open_connection(&cs[i], argv[1]);
		fds[i] = (struct pollfd){ .fd = cs[i].fd, .events = POLLIN };
		prepare(&cs[i], argv[5], i);
	}
	before = used(pid);
	start = now();
	calls = serve(cs, fds, n, argv[5], seconds);
	printf("%.0f %.2f", calls / (now() - start),
	       (used(pid) - before) / calls * 1e6);
	latency_print(&taken);
	printf("\n");
	return 0;
}
