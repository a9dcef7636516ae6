/* SPDX-License-Identifier: MIT */
/* HSS keys, whose signatures spend them. */
#ifndef TOOL_HASHSIG_H
#define TOOL_HASHSIG_H

#include <stdbool.h>

#include "newkey.h"

/* An HSS private key: one of which something is left, or was. */
bool hashsig_is_private(const struct cryptech_key *key);
bool hashsig_is(const struct cryptech_key *key);

/* Does it wait for a tree? Asks the HSM. */
bool hashsig_is_rebuilding(struct cryptech *hsm,
			   const struct cryptech_key *key);

/* --profile and --reserve of keygen, as text or NULL. Wrong ones are usage
 * errors. */
void hashsig_parse(const char *set_text, const char *profile_text,
		   const char *reserve_text, struct cryptech_hss *set,
		   uint32_t *profile, uint32_t *reserve);

/* Make the key, with a bar that grows. Failure ends the process. */
void hashsig_generate(struct cryptech *hsm, const struct cryptech_hss *set,
		      uint32_t profile, uint32_t reserve, struct newkey *key);

/*
 * Sign the file at @path ("-": standard input). @request: 32 hexadecimal
 * digits of an earlier try, or NULL. Failure ends the process, and says how to
 * ask again where that is of use.
 */
void hashsig_sign(struct cryptech *hsm, const struct cryptech_key *key,
		  const char *path, const char *request, const char *out);
/* 0 or -errno as of cryptech_verify_message(). */
int hashsig_verify(struct cryptech *hsm, const struct cryptech_key *key,
		   const char *path, const uint8_t *sig, size_t sig_len);

/* "punctured", "single-seed"; "ready", "exhausted", ... */
const char *hashsig_profile(uint32_t profile);
const char *hashsig_state(uint32_t state);
/* What is left of an HSS key, as lines, as members of a JSON object, or as words
 * behind others. Nothing for other keys. */
void hashsig_print(struct cryptech *hsm, const struct cryptech_key *key);
void hashsig_json(struct cryptech *hsm, const struct cryptech_key *key);

void hashsig_left(struct cryptech *hsm, const struct cryptech_key *key);

#endif /* TOOL_HASHSIG_H */
