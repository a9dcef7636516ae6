// SPDX-License-Identifier: MIT
/*
 * Role x key x function: every function of cryptech/rpc.h is asked by every
 * role, with every kind of key with every set of flags that it can have, by its
 * owner and by others; and what comes is compared with matrix_rules.h. A
 * function without a rule fails.
 *
 * What breaks several rules may be told any of them. What is refused changes
 * nothing in flash.
 */
#include "matrix_box.h"

/* --- what has to come -------------------------------------------------------------- */

#define BIT(error)	(1ull << (error))

static bool is_user(const struct subject *s)
{
	return s->role == CRYPTECH_USER_NORMAL ||
	       s->role == CRYPTECH_USER_WHEEL;
}

static bool may(const struct subject *s, enum who who,
		const struct instance *k)
{
	bool wheel = s->role == CRYPTECH_USER_WHEEL;
	bool officer = s->role == CRYPTECH_USER_SO;
	bool mux = s->word == CRYPTECH_CLIENT_MUX;

	switch (who) {
	case BY_ANY:
		return true;
	case BY_USER:
		return is_user(s);
	case BY_SO:
		return officer;
	case BY_WHEEL:
		return wheel;
	case BY_LOGIN:
		return s->role != CRYPTECH_USER_NONE;
	case BY_PIN:
		return wheel || officer;
	case BY_MUX:
		return mux;
	case BY_MUX_WHEEL:
		return mux || wheel;
	case BY_READER:
		return is_user(s) || (k->flags & F_PUB);
	case BY_WRITER:
		return is_user(s) ||
		       ((k->flags & F_PUB) && !(k->flags & F_TOKEN));
	}
	return false;
}

static bool is_there(const struct subject *s, const struct rule *rule,
		     const struct instance *k)
{
	if (rule->naming == NO_KEY || s->owner)
		return true;
	return rule->naming == UUID && (k->flags & F_TOKEN);
}

/* What says of a kind of key that a function does not take that it is not
 * allowed, rather than not known. */
static unsigned int other_kind(const struct instance *k)
{
	return K_FORBIDDEN | (k->kind == K_HSS ? K_NO_HALVES : 0) |
	       (k->kind & K_AES_KEYS ? K_ONE_MODE : 0);
}

/* The errors that this may be told, as bits; bit 0: it is allowed. */
static uint64_t expected(const struct subject *s, const struct rule *rule,
			 const struct instance *k)
{
	bool named = rule->naming != NO_KEY;
	uint64_t errors = 0;

	if (!may(s, rule->who, k) || (rule->policy & ~policy))
		errors |= BIT(CRYPTECH_ERR_FORBIDDEN);
	if (!is_there(s, rule, k))
		errors |= BIT(CRYPTECH_ERR_KEY_NOT_FOUND);
	if (named && !(rule->kinds & k->kind))
		errors |= BIT(rule->kinds & other_kind(k) ?
			      CRYPTECH_ERR_FORBIDDEN :
			      CRYPTECH_ERR_UNSUPPORTED_KEY) |
			  /* it lacks the flag, too */
			  (rule->needs & ~k->flags ?
			   BIT(CRYPTECH_ERR_FORBIDDEN) : 0);
	else if (named && ((rule->needs & ~k->flags) ||
			   ((rule->kinds & K_STAYS) && (k->flags & F_EXP))))
		errors |= BIT(CRYPTECH_ERR_FORBIDDEN);
	/* libhal's input without a hash cannot be signed by PSS */
	if (!errors && (k->flags & F_PSS) &&
	    (rule->function == CRYPTECH_RPC_PKEY_SIGN ||
	     rule->function == CRYPTECH_RPC_PKEY_VERIFY))
		errors |= BIT(E_BAD);
	return errors ? errors : BIT(0) | BIT(rule->also);
}

/* --- asking ------------------------------------------------------------------------ */

static struct instance *instance_of(struct subject *s)
{
	return s->owner ? &s->key : &others;
}

/* After these nothing is as it was. */
static bool ends_all(uint32_t function)
{
	return function == CRYPTECH_RPC_ATTACH ||
	       function == CRYPTECH_RPC_LOGOUT_ALL ||
	       function == CRYPTECH_RPC_MASTER_KEY_GENERATE ||
	       function == CRYPTECH_RPC_MASTER_KEY_SET;
}

static bool ends_key(const struct rule *rule, const struct instance *k)
{
	switch (rule->function) {
	case CRYPTECH_RPC_PKEY_CLOSE:
	case CRYPTECH_RPC_PKEY_DELETE:
	case CRYPTECH_RPC_KEY_DELETE:
	case CRYPTECH_RPC_SIGN_INIT:		/* a stream is open */
		return true;
	case CRYPTECH_RPC_RAW_EXPORT:
	case CRYPTECH_RPC_TRANSFER_EXPORT:
		return k->kind == K_HSS;
	default:
		return false;
	}
}

static void tell(const struct subject *s, const struct rule *rule,
		 const struct instance *k, int error, uint64_t wanted)
{
	printf("# %s by %s, key %#x flags %#x, policy %u: %d, not of %#llx\n",
	       rule->name, s->name, k->kind, k->flags, policy, error,
	       (unsigned long long)wanted);
}

/* True: as the rules say. */
static bool try_one(struct subject *s, const struct rule *rule)
{
	struct instance *k = instance_of(s);
	struct asked asked = {
		.word = s->word, .role = s->role, .key = k,
		.kekek_handle = s->kekek_handle,
	};
	uint64_t wanted = expected(s, rule, k), writes = hsm_flash_writes();
	int error = ask_function(&asked, rule->function);
	bool ok;

	cases++;
	ok = EXPECT(error >= 0 && error < 64 && (wanted & BIT(error)));
	if (!(wanted & 1))
		ok = EXPECT_EQ(hsm_flash_writes() - writes, 0) && ok;
	if (!ok)
		tell(s, rule, k, error, wanted);
	if (!error && ends_key(rule, k)) {
		if (rule->function == CRYPTECH_RPC_SIGN_INIT)
			ask(&box, s->word, CRYPTECH_RPC_STREAM_ABORT, "u",
			    xdr_get_u32(&box.results));
		destroy(s->owner ? s : NULL, k);
	} else if (!error && rule->function == CRYPTECH_RPC_PKEY_OPEN) {
		ask(&box, s->word, CRYPTECH_RPC_PKEY_CLOSE, "u",
		    xdr_get_u32(&box.results));
	}
	return ok;
}

/* --- the matrix ---------------------------------------------------------------------- */

static void every_function_has_a_rule(void)
{
	static const uint32_t functions[] = {
#define NUMBER(number, ...) number,
	CRYPTECH_FUNCTIONS(NUMBER)
#undef NUMBER
	};
	static const struct instance none;
	struct asked asked = { .word = 0x300, .key = &none };
	size_t n = sizeof(functions) / sizeof(functions[0]), found;

	REQUIRE(fresh(0));
	EXPECT_EQ(n, RULE_COUNT);
	for (size_t i = 0; i < n; i++) {
		found = 0;
		for (size_t j = 0; j < RULE_COUNT; j++)
			found += rules[j].function == functions[i];
		if (!EXPECT_EQ(found, 1) ||
		    !EXPECT(ask_function(&asked, functions[i]) != NOT_ASKED))
			printf("# function %#x\n", functions[i]);
	}
}

/* Functions that are given no key: role by role. */
static void roles(void)
{
	for (size_t r = 0; r < RULE_COUNT; r++) {
		const struct rule *rule = &rules[r];

		if (rule->naming != NO_KEY)
			continue;
		if (ends_all(rule->function))
			REQUIRE(fresh(0));
		for (size_t i = 0; i < SUBJECTS; i++) {
			REQUIRE(set_role(&subjects[i]));
			try_one(&subjects[i], rule);
			if (ends_all(rule->function))
				REQUIRE(fresh(0));
		}
	}
}

static void every_role_every_function(void)
{
	REQUIRE(fresh(0));
	roles();
}

/* The flags that a kind of key can have: security rules, in numbers. */
static bool may_have(enum kind kind, uint32_t flags)
{
	const uint32_t uses = F_SIGN | F_DATA | F_RAW;

	if ((flags & F_KEK) && (flags & uses))
		return false;
	if ((flags & F_IV) && kind != K_GCM)
		return false;
	if ((flags & F_PSS) && (!(kind & (K_RSA | K_RSA_PUB)) ||
				(flags & (F_KEK | F_DATA | F_RAW))))
		return false;
	if (kind & K_MACS)
		return !(flags & (F_DATA | F_KEK | F_RAW));
	if (kind & K_SECRETS)
		return !(flags & (F_SIGN | F_KEK | F_RAW));
	if (kind & (K_HSS | K_HSS_PUB)) {
		if (flags & (F_KEK | F_DATA | F_RAW))
			return false;
		return kind == K_HSS_PUB ||
		       (flags & (F_SIGN | F_TOKEN)) == (F_SIGN | F_TOKEN);
	}
	return kind == K_RSA || !(flags & F_RAW);
}

/* --- keys to be ----------------------------------------------------------------------- */

struct maker {
	uint32_t function;
	enum kind kind;
	uint32_t type;
	uint32_t mode;		/* that its keys may be said to have */
};

static const struct maker makers[] = {
	{ CRYPTECH_RPC_PKEY_LOAD, K_EC, 0, 0 },
	{ CRYPTECH_RPC_PKEY_GENERATE_RSA, K_RSA, 0, 0 },
	{ CRYPTECH_RPC_PKEY_GENERATE_EC, K_EC, 0, 0 },
	{ CRYPTECH_RPC_PKEY_GENERATE_HASHSIG, K_HSS, 0, 0 },
	{ CRYPTECH_RPC_KEY_GENERATE, K_RSA, CRYPTECH_KEY_RSA2048, 0 },
	{ CRYPTECH_RPC_KEY_GENERATE, K_EC, CRYPTECH_KEY_EC_P256, 0 },
	{ CRYPTECH_RPC_KEY_GENERATE, K_XTS, CRYPTECH_KEY_AES256_XTS,
	  CRYPTECH_MODE_XTS },
	{ CRYPTECH_RPC_KEY_GENERATE, K_GCM, CRYPTECH_KEY_AES256_GCM,
	  CRYPTECH_MODE_GCM },
	{ CRYPTECH_RPC_KEY_GENERATE, K_HMAC, CRYPTECH_KEY_HMAC_SHA512, 0 },
	{ CRYPTECH_RPC_KEY_LOAD, K_EC, 0, 0 },
	{ CRYPTECH_RPC_KEY_LOAD_RAW, K_AES, CRYPTECH_KEY_AES128,
	  CRYPTECH_MODE_CBC },
	{ CRYPTECH_RPC_KEY_LOAD_RAW, K_CMAC, CRYPTECH_KEY_AES128_CMAC,
	  CRYPTECH_MODE_CMAC },
	{ CRYPTECH_RPC_HASHSIG_GENERATE, K_HSS, 0, 0 },
};

static int ask_maker(const struct maker *m, uint32_t word, uint32_t flags)
{
	uint32_t f = m->function;

	switch (f) {
	case CRYPTECH_RPC_PKEY_LOAD:
		return ask(&box, word, f, "uou", 0, world.ec_der.data,
			   world.ec_der.len, flags);
	case CRYPTECH_RPC_PKEY_GENERATE_RSA:
		return ask(&box, word, f, "uuou", 0, 2048, "\1\0\1", (size_t)3,
			   flags);
	case CRYPTECH_RPC_PKEY_GENERATE_EC:
		return ask(&box, word, f, "uuu", 0, CRYPTECH_CURVE_P256, flags);
	case CRYPTECH_RPC_PKEY_GENERATE_HASHSIG:
		return ask(&box, word, f, "uuuuu", 0, 1, 5, 2, flags);
	case CRYPTECH_RPC_KEY_GENERATE:
		return ask(&box, word, f, "suus", "", m->type, flags, "");
	case CRYPTECH_RPC_KEY_LOAD:
		return ask(&box, word, f, "sous", "", world.ec_der.data,
			   world.ec_der.len, flags, "");
	case CRYPTECH_RPC_KEY_LOAD_RAW:
		return ask(&box, word, f, "suous", "", m->type,
			   "sixteen bytes...", (size_t)16, flags, "");
	default:
		return ask(&box, word, f, "susuuuuu", "", flags, "", 0, 1, 1,
			   5, 2);
	}
}

static bool is_libhals(uint32_t function)
{
	return function < CRYPTECH_RPC_ATTACH;
}

/* As may_have() and rpc.h's lists say. RECOVERABLE is HSS keys' alone. */
static bool flags_fit(const struct maker *m, uint32_t flags)
{
	uint32_t known = F_SIGN | F_KEK | F_DATA | F_TOKEN | F_PUB | F_EXP;
	uint32_t mode = CRYPTECH_KEY_MODE(flags);

	if (!is_libhals(m->function))
		known |= F_RAW | F_IV | F_PSS |
			 CRYPTECH_KEY_MODE_FLAG(m->mode);
	return !(flags & ~known) && (!mode || mode == m->mode) &&
	       may_have(m->kind, flags & ~CRYPTECH_KEY_MODE_FLAG(0xf));
}

static uint64_t expected_making(const struct subject *s, const struct maker *m,
				uint32_t flags)
{
	struct instance to_be = { .kind = m->kind, .flags = flags };
	uint64_t errors = 0;

	if (!may(s, is_libhals(m->function) && m->kind != K_HSS ? BY_WRITER :
		 BY_USER, &to_be))
		errors |= BIT(CRYPTECH_ERR_FORBIDDEN);
	if (!flags_fit(m, flags))
		errors |= BIT(CRYPTECH_ERR_BAD_ARGUMENTS);
	/* libhal's error for the flags that it wants */
	if (m->function == CRYPTECH_RPC_PKEY_GENERATE_HASHSIG &&
	    ~flags & (F_SIGN | F_TOKEN))
		errors |= BIT(CRYPTECH_ERR_FORBIDDEN);
	return errors ? errors : 1;
}

static void unmake(const struct subject *s, const struct maker *m)
{
	struct instance k = { .kind = m->kind };
	uint32_t handle = 0;

	if (is_libhals(m->function))
		handle = xdr_get_u32(&box.results);
	result_uuid(0, &k);
	if (m->function == CRYPTECH_RPC_HASHSIG_GENERATE)
		wait_for_job(s->word, &k);
	if (handle)
		EXPECT_EQ(ask(&box, s->word, CRYPTECH_RPC_PKEY_DELETE, "u",
			      handle), 0);
	else
		EXPECT_EQ(ask(&box, s->word, CRYPTECH_RPC_KEY_DELETE, "o",
			      UUID_OF(&k)), 0);
}

static void try_flags(const struct subject *s, const struct maker *m,
		      uint32_t flags)
{
	uint64_t wanted = expected_making(s, m, flags);
	int error = ask_maker(m, s->word, flags);

	cases++;
	if (!EXPECT(error >= 0 && error < 64 && (wanted & BIT(error))))
		printf("# function %#x, kind %#x, flags %#x by %s: %d, not of "
		       "%#llx\n", m->function, m->kind, flags, s->name, error,
		       (unsigned long long)wanted);
	if (!error)
		unmake(s, m);
}

static void every_role_every_flag(void)
{
	static const uint32_t more[] = {
		0, F_RAW, 0x40, 0x80000000,
		CRYPTECH_KEY_MODE_FLAG(CRYPTECH_MODE_CBC),
		CRYPTECH_KEY_MODE_FLAG(CRYPTECH_MODE_XTS),
		CRYPTECH_KEY_MODE_FLAG(CRYPTECH_MODE_GCM),
		F_IV, F_RAW | F_IV, F_PSS, F_RAW | F_PSS,
	};

	REQUIRE(fresh(0));
	for (size_t i = 0; i < SUBJECTS; i++) {
		if (subjects[i].owner)
			continue;
		REQUIRE(set_role(&subjects[i]));
		for (size_t m = 0; m < sizeof(makers) / sizeof(*makers); m++)
			for (uint32_t flags = 0; flags < 0x40; flags++)
				for (size_t j = 0; j < sizeof(more) / sizeof(*more); j++)
					try_flags(&subjects[i], &makers[m],
						  flags | more[j]);
	}
}

/* By PKEY_LOAD, without a login. */
static bool nobody_makes(enum kind kind, uint32_t flags)
{
	return (kind & (K_EC | K_PUBLICS)) && (flags & F_PUB) &&
	       !(flags & (F_TOKEN | F_PSS));
}

/* One key with its flags, all functions that can name it. */
static bool try_key(enum kind kind, uint32_t flags, uint32_t only_policy)
{
	others = (struct instance){ .kind = kind, .flags = flags };
	for (size_t i = 0; i < SUBJECTS; i++) {
		struct subject *s = &subjects[i];
		struct instance *k = instance_of(s);

		if (s->owner && s->role == CRYPTECH_USER_NONE &&
		    !nobody_makes(kind, flags))
			continue;
		if (s->owner) {
			s->key = others;
			s->key.there = false;
		}
		for (size_t r = 0; r < RULE_COUNT; r++) {
			if (rules[r].naming == NO_KEY ||
			    (only_policy && !rules[r].policy))
				continue;
			if (!ensure(s->owner ? s : NULL, k) || !set_role(s))
				return false;
			try_one(s, &rules[r]);
		}
		if (s->owner)
			destroy(s, &s->key);
	}
	destroy(NULL, &others);
	return true;
}

static const enum kind kinds[] = {
	K_RSA, K_RSA_PUB, K_EC, K_EC_PUB, K_AES, K_XTS, K_CTR, K_GCM, K_CMAC,
	K_HMAC, K_HSS, K_HSS_PUB
};

static void try_keys(uint32_t only_policy)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (uint32_t flags = 0; flags < 0x200; flags++) {
			uint32_t all = (flags & 0x3f) |
				       (flags & 0x40 ? F_RAW : 0) |
				       (flags & 0x80 ? F_IV : 0) |
				       (flags & 0x100 ? F_PSS : 0);

			if (may_have(kinds[i], all))
				REQUIRE(try_key(kinds[i], all, only_policy));
		}
}

static void every_key_every_function(void)
{
	REQUIRE(fresh(0));
	try_keys(0);
}

/* What a policy allows is allowed by it, and by nothing else. */
static void what_a_policy_allows(void)
{
	REQUIRE(fresh(LEGACY));
	try_keys(LEGACY);
}

int main(void)
{
	make_world();
	RUN(every_function_has_a_rule);
	RUN(every_role_every_function);
	RUN(every_role_every_flag);
	RUN(every_key_every_function);
	RUN(what_a_policy_allows);
	printf("# %lu cases\n", cases);
	box_stop(&box);
	core_key_put(rsa_key);
	return tap_done();
}
