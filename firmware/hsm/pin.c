// SPDX-License-Identifier: MIT
/*
 * PINs, and who may try them how often.
 *
 * A try is counted in flash before the PIN is looked at, so that cutting the
 * power does not give it back; the right PIN sets the count to zero. From the
 * third failure on there is a delay, and the next try before its end is
 * refused unseen. The delay starts anew when the HSM does. Nobody waits inside
 * the HSM, and who is logged in stays so.
 *
 * Checks of one role's PIN go one after the other: else many at once would
 * all start before the first failure is known.
 */
#include "internal.h"

#define RECORD_VERSION		1
#define RECORD_SIZE		(8 + PIN_ROLES * (4 + PIN_SALT_SIZE +	       \
				 PIN_HASH_SIZE) + 4 * PIN_BUCKETS)

#define LIBHAL_FACTORY_PIN	"YouReallyNeedToChangeThisPINRightNowWe"	       \
				"AreNotKidding"
#define LIBHAL_FACTORY_ITERATIONS	1000

#define PIN_MIN_USER		4	/* bytes */
#define PIN_MIN_OTHER		8

#define FREE_TRIES		2	/* failures without a delay */
#define DELAY_FIRST_S		5
#define DELAY_MAX_S		300
#define NS_PER_S		1000000000ull

static const uint8_t record_name[KS_NAME_SIZE] = "pins";

static const char *const role_names[PIN_BUCKETS] = {
	[PIN_USER] = "user", [PIN_SO] = "so", [PIN_WHEEL] = "wheel",
	[PIN_KERNEL] = "user (kernel)",
};

static uint64_t now_ns(struct hsm *hsm)
{
	return hsm->platform->now_ns(hsm->platform->data);
}

/* min(5 * 2^(n-3), 300) s from the third failure on. */
static uint64_t delay_ns(uint32_t failures)
{
	uint64_t seconds = DELAY_FIRST_S;
	uint32_t n;

	if (failures <= FREE_TRIES)
		return 0;
	for (n = FREE_TRIES + 1; n < failures && seconds < DELAY_MAX_S; n++)
		seconds *= 2;
	return (seconds < DELAY_MAX_S ? seconds : DELAY_MAX_S) * NS_PER_S;
}

static void start_delay(struct hsm *hsm, enum pin_bucket bucket)
{
	struct pins *pins = &hsm->pins;
	uint64_t delay = delay_ns(pins->failures[bucket]);

	pins->until[bucket] = 0;
	if (delay && !hsm->config.libhal_compat)
		pins->until[bucket] = now_ns(hsm) + delay;
}

uint64_t pins_delay(struct hsm *hsm, enum pin_bucket bucket)
{
	uint64_t until = hsm->pins.until[bucket];
	uint64_t now = now_ns(hsm);

	return until > now ? (until - now + NS_PER_S - 1) / NS_PER_S : 0;
}

bool pins_restricted(const struct hsm *hsm)
{
	return hsm->pins.factory != PIN_FACTORY_NONE &&
	       !hsm->config.libhal_compat;
}

/*
 * The record, XDR wrapped under K_config: version, factory, then for each role
 * iterations, salt, hash, then the failures of each bucket.
 */
static int save(struct hsm *hsm, const struct pins *pins)
{
	uint8_t wrapped[RECORD_SIZE + 16];
	uint8_t plain[RECORD_SIZE];
	struct xdr_writer w;
	int error;
	int i;

	xdr_writer_init(&w, plain, sizeof(plain));
	xdr_put_u32(&w, RECORD_VERSION);
	xdr_put_u32(&w, pins->factory);
	for (i = 0; i < PIN_ROLES; i++) {
		xdr_put_u32(&w, pins->pin[i].iterations);
		memcpy(xdr_put_raw(&w, PIN_SALT_SIZE), pins->pin[i].salt,
		       PIN_SALT_SIZE);
		memcpy(xdr_put_raw(&w, PIN_HASH_SIZE), pins->pin[i].hash,
		       PIN_HASH_SIZE);
	}
	for (i = 0; i < PIN_BUCKETS; i++)
		xdr_put_u32(&w, pins->failures[i]);

	error = core_wrap(hsm->k_config, plain, xdr_written(&w), wrapped);
	core_wipe(plain, sizeof(plain));
	if (error)
		return error;
	return store_write(hsm, KS_CLASS_PIN, record_name, wrapped,
			   core_wrap_size(RECORD_SIZE), false);
}

static int decode(struct pins *pins, const uint8_t *plain, size_t len)
{
	struct xdr_reader r;
	uint32_t version;
	int i;

	if (len != RECORD_SIZE)
		return CRYPTECH_ERR_KEYSTORE_BAD_BLOCK_TYPE;
	xdr_reader_init(&r, plain, len);
	version = xdr_get_u32(&r);
	pins->factory = xdr_get_u32(&r);
	for (i = 0; i < PIN_ROLES; i++) {
		pins->pin[i].iterations = xdr_get_u32(&r);
		memcpy(pins->pin[i].salt, xdr_get_raw(&r, PIN_SALT_SIZE),
		       PIN_SALT_SIZE);
		memcpy(pins->pin[i].hash, xdr_get_raw(&r, PIN_HASH_SIZE),
		       PIN_HASH_SIZE);
	}
	for (i = 0; i < PIN_BUCKETS; i++)
		pins->failures[i] = xdr_get_u32(&r);
	return xdr_reader_done(&r) && version == RECORD_VERSION ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_KEYSTORE_BAD_BLOCK_TYPE;
}

static int load(struct hsm *hsm)
{
	uint8_t wrapped[RECORD_SIZE + 16];
	uint8_t plain[sizeof(wrapped)];
	size_t len;
	int error;

	error = store_error(ks_read(hsm->ks, KS_CLASS_PIN, record_name,
				    wrapped, sizeof(wrapped), &len));
	if (error)
		return error;
	error = core_unwrap(hsm->k_config, wrapped, len, plain, &len);
	if (!error)
		error = decode(&hsm->pins, plain, len);
	core_wipe(plain, sizeof(plain));
	return error;
}

static int derive(const struct pin *pin, const void *value, size_t len,
		  uint8_t hash[PIN_HASH_SIZE])
{
	return core_pbkdf2(value, len, pin->salt, PIN_SALT_SIZE,
			   pin->iterations, hash, PIN_HASH_SIZE);
}

static int make_pin(struct pin *pin, const void *value, size_t len,
		    uint32_t iterations)
{
	int error;

	pin->iterations = iterations;
	error = core_random(pin->salt, PIN_SALT_SIZE);
	return error ? error : derive(pin, value, len, pin->hash);
}

/* 100 random bits in a form that a person can copy: xxxxx-xxxxx-xxxxx-xxxxx */
static int draw_pin(char text[24])
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint8_t random[20];
	char *p = text;
	int error;
	int i;

	error = core_random(random, sizeof(random));
	if (error)
		return error;
	for (i = 0; i < 20; i++) {
		if (i && i % 5 == 0)
			*p++ = '-';
		*p++ = letters[random[i] % 32];
	}
	*p = 0;
	core_wipe(random, sizeof(random));
	return CRYPTECH_ERR_OK;
}

/*
 * Put a factory wheel PIN in force. It is shown before that: a crash between
 * the two leaves an HSM that does this once more.
 */
static int make_factory(struct hsm *hsm, enum pin_factory kind)
{
	const struct platform *platform = hsm->platform;
	uint32_t iterations = hsm->config.pin_iterations;
	struct pins pins = hsm->pins;
	char text[sizeof(LIBHAL_FACTORY_PIN)] = LIBHAL_FACTORY_PIN;
	int error = CRYPTECH_ERR_OK;

	pins.factory = kind;
	pins.failures[PIN_WHEEL] = 0;
	if (kind == PIN_FACTORY_LIBHAL)
		iterations = LIBHAL_FACTORY_ITERATIONS;
	else
		error = draw_pin(text);
	if (!error)
		error = make_pin(&pins.pin[PIN_WHEEL], text, strlen(text),
				 iterations);
	if (!error && platform->factory_pin(platform->data, text)) {
		hsm_log(hsm, "cannot show the factory wheel PIN");
		error = CRYPTECH_ERR_IO_OS_ERROR;
	}
	if (!error)
		error = save(hsm, &pins);
	if (!error)
		hsm->pins = pins;
	core_wipe(text, sizeof(text));
	return error;
}

int pins_start(struct hsm *hsm, bool fresh)
{
	enum pin_factory wanted = hsm->config.libhal_compat ?
				  PIN_FACTORY_LIBHAL : PIN_FACTORY_RANDOM;
	const struct platform *platform = hsm->platform;
	enum pin_bucket bucket;
	int error;

	if (fresh)
		return make_factory(hsm, wanted);
	error = load(hsm);
	if (error)
		return error;
	if (hsm->pins.factory == PIN_FACTORY_NONE)
		/* If a crash came between SET_PIN and this. */
		platform->factory_pin(platform->data, NULL);
	else if (hsm->pins.factory != wanted)
		error = make_factory(hsm, wanted);
	if (error)
		return error;
	for (bucket = 0; bucket < PIN_BUCKETS; bucket++)
		start_delay(hsm, bucket);
	return CRYPTECH_ERR_OK;
}

/* The role that a user number names, or PIN_BUCKETS. */
static enum pin_bucket role_of(uint32_t user)
{
	switch (user) {
	case CRYPTECH_USER_NORMAL:
		return PIN_USER;
	case CRYPTECH_USER_SO:
		return PIN_SO;
	case CRYPTECH_USER_WHEEL:
		return PIN_WHEEL;
	default:
		return PIN_BUCKETS;
	}
}

/* Have a role's PIN to oneself; FORBIDDEN if the client left meanwhile. */
static int claim(struct call *call, enum pin_bucket role)
{
	while (call->hsm->pins.busy[role])
		lock_wait(&call->hsm->lock);
	if (call->client->gone)
		return CRYPTECH_ERR_FORBIDDEN;
	call->hsm->pins.busy[role] = true;
	return CRYPTECH_ERR_OK;
}

static void unclaim(struct call *call, enum pin_bucket role)
{
	call->hsm->pins.busy[role] = false;
	lock_wake(&call->hsm->lock);
}

static int set_failures(struct hsm *hsm, enum pin_bucket bucket,
			uint32_t failures)
{
	uint32_t before = hsm->pins.failures[bucket];
	int error;

	if (before == failures)
		return CRYPTECH_ERR_OK;
	hsm->pins.failures[bucket] = failures;
	error = save(hsm, &hsm->pins);
	if (error)
		hsm->pins.failures[bucket] = before;
	return error;
}

/*
 * One try, with the role claimed. Whoever has no PIN set cannot log in, which
 * takes as long to find out as a wrong PIN.
 */
static int try_pin(struct call *call, enum pin_bucket role,
		   enum pin_bucket bucket, const void *value, size_t len)
{
	struct hsm *hsm = call->hsm;
	struct pin pin = hsm->pins.pin[role];
	bool is_set = pin.iterations;
	uint32_t failures = hsm->pins.failures[bucket];
	uint8_t hash[PIN_HASH_SIZE];
	int error;

	if (pins_delay(hsm, bucket))
		return CRYPTECH_ERR_NOT_READY;
	if (failures != UINT32_MAX)
		failures++;
	error = set_failures(hsm, bucket, failures);
	if (error)
		return error;
	start_delay(hsm, bucket);

	if (!is_set)
		pin.iterations = hsm->config.pin_iterations;
	call_unlock(call);
	error = derive(&pin, value, len, hash);
	if (!error && !(core_equal(hash, pin.hash, sizeof(hash)) && is_set))
		error = CRYPTECH_ERR_PIN_INCORRECT;
	core_wipe(hash, sizeof(hash));
	core_wipe(&pin, sizeof(pin));
	call_relock(call);

	if (error == CRYPTECH_ERR_PIN_INCORRECT)
		hsm_log(hsm, "wrong %s PIN, failure %u, next try in %u s",
			role_names[bucket], failures,
			(unsigned int)pins_delay(hsm, bucket));
	if (error)
		return error;
	error = set_failures(hsm, bucket, 0);
	if (!error)
		start_delay(hsm, bucket);
	return error;
}

static bool is_kernel(const struct client *client)
{
	return client->port->number != HSM_PORT_SOCKET &&
	       client->word == CRYPTECH_CLIENT_KERNEL;
}

int handle_LOGIN(struct call *call)
{
	struct client *client = call->client;
	uint32_t user = xdr_get_u32(&call->in);
	enum pin_bucket role = role_of(user);
	enum pin_bucket bucket = role;
	const uint8_t *value;
	size_t len;
	int error;

	value = xdr_get_opaque(&call->in, &len);
	if (role == PIN_BUCKETS || !len || len > CRYPTECH_PIN_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (is_kernel(client)) {
		if (role != PIN_USER)
			return CRYPTECH_ERR_FORBIDDEN;
		bucket = PIN_KERNEL;
	}

	/* Its place among the clients comes first: no try is wasted. */
	error = client_hold(client);
	if (error)
		return error;
	error = claim(call, role);
	if (!error) {
		error = try_pin(call, role, bucket, value, len);
		unclaim(call, role);
		if (!error && client->gone)
			error = CRYPTECH_ERR_FORBIDDEN;
	}
	/* A new login replaces the old one, which held a place already. */
	if (error || client->role != CRYPTECH_USER_NONE)
		client_release(client);
	if (!error)
		client->role = user;
	return error;
}

static int check_new_pin(struct call *call, enum pin_bucket role, size_t len)
{
	size_t least = PIN_MIN_OTHER;

	if (role == PIN_BUCKETS)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	if (call->client->role != CRYPTECH_USER_WHEEL && role != PIN_USER)
		return CRYPTECH_ERR_FORBIDDEN;
	if (pins_restricted(call->hsm) && role != PIN_WHEEL)
		return CRYPTECH_ERR_FORBIDDEN;
	if (role == PIN_USER || call->hsm->config.libhal_compat)
		least = PIN_MIN_USER;
	if (len < least || len > CRYPTECH_PIN_MAX)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	return CRYPTECH_ERR_OK;
}

/* Put a new PIN in force; the failures of the old one are forgotten. */
static int replace_pin(struct hsm *hsm, enum pin_bucket role,
		       const struct pin *pin)
{
	const struct platform *platform = hsm->platform;
	struct pins pins = hsm->pins;
	int error;

	pins.pin[role] = *pin;
	pins.failures[role] = 0;
	pins.until[role] = 0;
	if (role == PIN_USER) {
		pins.failures[PIN_KERNEL] = 0;
		pins.until[PIN_KERNEL] = 0;
	}
	if (role == PIN_WHEEL)
		pins.factory = PIN_FACTORY_NONE;
	error = save(hsm, &pins);
	if (error)
		return error;
	hsm_log(hsm, "new %s PIN", role_names[role]);
	if (pins.factory != hsm->pins.factory &&
	    platform->factory_pin(platform->data, NULL))
		hsm_log(hsm, "cannot remove the old factory wheel PIN, "
			"which is no longer in force");
	hsm->pins = pins;
	return CRYPTECH_ERR_OK;
}

int handle_SET_PIN(struct call *call)
{
	enum pin_bucket role = role_of(xdr_get_u32(&call->in));
	const uint8_t *value;
	struct pin pin;
	size_t len;
	int error;

	value = xdr_get_opaque(&call->in, &len);
	error = check_new_pin(call, role, len);
	if (error)
		return error;
	error = claim(call, role);
	if (error)
		return error;
	call_unlock(call);
	error = make_pin(&pin, value, len, call->hsm->config.pin_iterations);
	/* The caller may have lost his role while the lock was dropped. */
	if (call_relock(call))
		error = CRYPTECH_ERR_FORBIDDEN;
	if (!error)
		error = check_new_pin(call, role, len);
	if (!error)
		error = replace_pin(call->hsm, role, &pin);
	unclaim(call, role);
	core_wipe(&pin, sizeof(pin));
	return error;
}
