// SPDX-License-Identifier: MIT
/*
 * cycle_bench SOCKET PID KEYS SLOTS
 *
 * More EC keys than there are slots, in an HSM in libhal compatibility that is
 * process PID: each is made, exported under the master key and deleted; then
 * each comes back and is deleted, once into flash and once into memory (without
 * flag TOKEN). One call at a time. For each step it prints
 *
 *	NAME calls a second | us of the HSM's processor for each |
 *	erases of sectors | erases of the most worn one
 */
#include "client.h"

#define EC_FLAGS	(CRYPTECH_KEY_FLAG_TOKEN | \
			 CRYPTECH_KEY_FLAG_DIGITALSIGNATURE | \
			 CRYPTECH_KEY_FLAG_EXPORTABLE)
#define PACKAGE_MAX	1024

struct package {
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	uint8_t *data;
	size_t len;
};

static struct connection hsm;
static int pid;
static struct package *packages;

static uint64_t status(uint32_t wanted)
{
	uint64_t value = 0;
	uint8_t request[16];
	struct xdr_writer w;
	struct xdr_reader r;
	uint32_t n;
	size_t len;

	begin(&w, request, sizeof(request), CRYPTECH_RPC_STATUS);
	call(&hsm, &w, &r);
	xdr_get_opaque(&r, &len);
	xdr_get_opaque(&r, &len);
	for (n = xdr_get_u32(&r); n && !r.bad; n--) {
		bool found = xdr_get_u32(&r) == wanted;
		uint64_t v = xdr_get_u64(&r);

		if (found)
			value = v;
	}
	return value;
}

static void by_name(uint32_t function, const struct package *p,
		    struct xdr_reader *r)
{
	uint8_t request[64];
	struct xdr_writer w;

	begin(&w, request, sizeof(request), function);
	xdr_put_opaque(&w, p->uuid, sizeof(p->uuid));
	call(&hsm, &w, r);
}

static void make(struct package *p)
{
	uint8_t request[64];
	struct xdr_writer w;
	struct xdr_reader r;
	const uint8_t *uuid;
	size_t len;

	begin(&w, request, sizeof(request), CRYPTECH_RPC_KEY_GENERATE);
	xdr_put_opaque(&w, "", 0);
	xdr_put_u32(&w, CRYPTECH_KEY_EC_P256);
	xdr_put_u32(&w, EC_FLAGS);
	xdr_put_opaque(&w, "", 0);
	call(&hsm, &w, &r);
	uuid = xdr_get_opaque(&r, &len);
	if (len != sizeof(p->uuid))
		die("UUID");
	memcpy(p->uuid, uuid, len);
}

static void out(struct package *p)
{
	const uint8_t *data;
	struct xdr_reader r;

	by_name(CRYPTECH_RPC_RAW_EXPORT, p, &r);
	data = xdr_get_opaque(&r, &p->len);
	p->data = data && p->len <= PACKAGE_MAX ? malloc(p->len) : NULL;
	if (!p->data)
		die("package");
	memcpy(p->data, data, p->len);
	by_name(CRYPTECH_RPC_KEY_DELETE, p, &r);
}

static void in(struct package *p, uint32_t drop)
{
	uint8_t request[PACKAGE_MAX + 64];
	struct xdr_writer w;
	struct xdr_reader r;

	begin(&w, request, sizeof(request), CRYPTECH_RPC_RAW_IMPORT);
	xdr_put_opaque(&w, p->data, p->len);
	xdr_put_u32(&w, drop);
	xdr_put_u32(&w, 0);
	call(&hsm, &w, &r);
}

static void in_flash(struct package *p)
{
	in(p, 0);
}

static void in_memory(struct package *p)
{
	in(p, CRYPTECH_KEY_FLAG_TOKEN);
}

static void destroy(struct package *p)
{
	struct xdr_reader r;

	by_name(CRYPTECH_RPC_KEY_DELETE, p, &r);
}

/* What a step, done to many packages, took so far. */
struct step {
	const char *name;
	void (*of)(struct package *p);
	double seconds, processor;
	uint64_t erases, worn;
};

static void take(struct step *step, unsigned long first, unsigned long n)
{
	uint64_t erases = status(CRYPTECH_STATUS_FLASH_ERASES_TOTAL);
	uint64_t worn = status(CRYPTECH_STATUS_FLASH_ERASES_MAX);
	double before = used(pid), start = now();

	for (unsigned long i = 0; i < n; i++)
		step->of(&packages[first + i]);
	step->seconds += now() - start;
	step->processor += used(pid) - before;
	step->erases += status(CRYPTECH_STATUS_FLASH_ERASES_TOTAL) - erases;
	step->worn += status(CRYPTECH_STATUS_FLASH_ERASES_MAX) - worn;
}

static void tell(const struct step *s, unsigned long keys)
{
	printf("%s %.0f %.1f %llu %llu\n", s->name, keys / s->seconds,
	       s->processor / keys * 1e6, (unsigned long long)s->erases,
	       (unsigned long long)s->worn);
}

/* As many at a time as there are slots: two steps, one after the other. */
static void cycle(struct step *one, struct step *other, unsigned long keys,
		  unsigned long slots)
{
	for (unsigned long i = 0; i < keys; i += slots) {
		unsigned long n = keys - i < slots ? keys - i : slots;

		take(one, i, n);
		take(other, i, n);
	}
	tell(one, keys);
	tell(other, keys);
}

int main(int argc, char **argv)
{
	struct step steps[] = {
		{ .name = "made", .of = make }, { .name = "out", .of = out },
		{ .name = "in", .of = in_flash },
		{ .name = "deleted", .of = destroy },
		{ .name = "in-memory", .of = in_memory },
		{ .name = "memory-deleted", .of = destroy },
	};
	unsigned long keys, slots;

	if (argc != 5 || (pid = atoi(argv[2])) < 1 ||
	    (keys = strtoul(argv[3], NULL, 10)) < 1 ||
	    (slots = strtoul(argv[4], NULL, 10)) < 1) {
		fprintf(stderr, "usage: cycle_bench SOCKET PID KEYS SLOTS\n");
		return 2;
	}
	packages = calloc(keys, sizeof(*packages));
	if (!packages)
		die("memory");
	open_connection(&hsm, argv[1]);
	log_in(&hsm);
	for (unsigned int i = 0; i < 6; i += 2)
		cycle(&steps[i], &steps[i + 1], keys, slots);
	printf("flash %llu\n", (unsigned long long)
	       status(CRYPTECH_STATUS_FLASH_SIZE));
	for (unsigned long i = 0; i < keys; i++)
		free(packages[i].data);
	free(packages);
	return 0;
}
