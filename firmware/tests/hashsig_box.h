/* SPDX-License-Identifier: MIT */
/*
 * Hash signature keys in an HSM in a box: calls, and what they answer.
 */
#ifndef TESTS_HASHSIG_BOX_H
#define TESTS_HASHSIG_BOX_H

#include <cryptech/hss.h>

#include <stdatomic.h>

#include "../platform/sim/background.h"
#include "hss_plain.h"
#include "key_box.h"

#define UUID_SIZE	CRYPTECH_UUID_SIZE
#define FLAGS		(SIGNS | TOKEN)
#define SPKI_HEAD	20	/* of RFC 9708's form, before the public key */

/* Sets in the tests: lms, lmots */
#define H5_W8		5, 4
#define H5_W4		5, 3
#define H10_W4		6, 3
#define H10_W8		6, 4
#define H15_W4		7, 3
#define H20_W4		8, 3

static struct plain_ledger ledger;

/* A name made of a letter. */
static inline const uint8_t *name_of(char letter)
{
	static uint8_t names[8][UUID_SIZE];
	static unsigned int next;
	uint8_t *name = names[next++ % 8];

	memset(name, letter, UUID_SIZE);
	return name;
}

/* --- threads of the box ------------------------------------------------------------ */

static struct background *box_threads;
static atomic_uint box_hired;	/* how often they were asked to work */

static inline int box_background(void *data, void (*work)(void *arg),
				 void *arg)
{
	(void)data;
	box_hired++;
	return background_run(box_threads, work, arg);
}

/* For this and the next starts; 0: none. The box must be stopped. */
static inline void box_set_threads(unsigned int threads)
{
	background_stop(box_threads);
	box_threads = threads ? background_start(threads) : NULL;
	box.platform.background = threads ? box_background : NULL;
	box.platform.cores = threads;
}

/* An anchor, for starts of the box from here on that want one. */
static uint64_t box_anchor;

static inline int box_anchor_read(void *data, uint64_t *value)
{
	(void)data;
	*value = box_anchor;
	return 0;
}

static inline int box_anchor_advance(void *data, uint64_t value)
{
	(void)data;
	if (value <= box_anchor)
		return -1;
	box_anchor = value;
	return 0;
}

static inline void box_set_anchor(void)
{
	box_anchor = 0;
	box.platform.anchor_kind = CRYPTECH_FRESH_FILE;
	box.platform.anchor_read = box_anchor_read;
	box.platform.anchor_advance = box_anchor_advance;
}

/* A fresh HSM with users ME and OTHER, and so many background threads. */
static inline bool hashsig_fresh(unsigned int threads, uint32_t flash)
{
	box_stop(&box);
	plain_ledger_free(&ledger);
	box_init(&box, hsm_flash_blank_of(flash));
	box_set_threads(threads);
	box_set_anchor();
	return box_start(&box) && box_init_pins(&box) &&
	       !box_login(&box, ME, CRYPTECH_USER_NORMAL) &&
	       !box_login(&box, OTHER, CRYPTECH_USER_NORMAL);
}

static inline bool hashsig_restart(void)
{
	return key_box_restart() &&
	       !box_login(&box, OTHER, CRYPTECH_USER_NORMAL);
}

static inline void hashsig_over(void)
{
	box_stop(&box);
	box_set_threads(0);
	plain_ledger_free(&ledger);
}

/* --- calls ------------------------------------------------------------------------- */

struct sets {
	unsigned int n;
	uint32_t set[9][2];
};

static inline int generate_as(uint32_t word, const uint8_t *uuid,
			      size_t uuid_len, uint32_t flags,
			      const char *label, uint32_t profile,
			      uint32_t reserve, const struct sets *sets)
{
	uint8_t message[512];
	struct xdr_writer w;

	xdr_writer_init(&w, message, sizeof(message));
	xdr_put_u32(&w, CRYPTECH_RPC_HASHSIG_GENERATE);
	xdr_put_u32(&w, word);
	xdr_put_opaque(&w, uuid, uuid_len);
	xdr_put_u32(&w, flags);
	xdr_put_opaque(&w, label, strlen(label));
	xdr_put_u32(&w, profile);
	xdr_put_u32(&w, reserve);
	xdr_put_u32(&w, sets->n);
	for (unsigned int i = 0; i < sets->n; i++) {
		xdr_put_u32(&w, sets->set[i][0]);
		xdr_put_u32(&w, sets->set[i][1]);
	}
	return ask_raw(&box, message, xdr_written(&w));
}

#define SETS(n, ...) (&(const struct sets){ n, { __VA_ARGS__ } })

static inline int generate(const uint8_t *uuid, uint32_t reserve,
			   const struct sets *sets)
{
	return generate_as(ME, uuid, UUID_SIZE, FLAGS, "a label",
			   CRYPTECH_HASHSIG_PUNCTURED, reserve, sets);
}

struct job_info {
	uint32_t state, error;
	uint64_t done, total;
};

static inline int job_info(uint32_t word, const uint8_t *uuid,
			   struct job_info *info)
{
	int error = ask(&box, word, CRYPTECH_RPC_HASHSIG_JOB, "o", uuid,
			(size_t)UUID_SIZE);

	if (error)
		return error;
	info->state = xdr_get_u32(&box.results);
	info->error = xdr_get_u32(&box.results);
	info->done = xdr_get_u64(&box.results);
	info->total = xdr_get_u64(&box.results);
	return xdr_reader_done(&box.results) ? 0 : -1;
}

/* Wait for the job's end; its state. */
static inline uint32_t job_wait(uint32_t word, const uint8_t *uuid)
{
	struct job_info info;

	do {
		if (job_info(word, uuid, &info))
			return 0xffffffff;
	} while (info.state == CRYPTECH_JOB_RUNNING);
	return info.state;
}

/* A key of this name, generated and done. */
static inline bool make_key(const uint8_t *uuid, uint32_t reserve,
			    const struct sets *sets)
{
	return !generate(uuid, reserve, sets) &&
	       job_wait(ME, uuid) == CRYPTECH_JOB_DONE;
}

struct hss_info {
	uint32_t profile, reserve, state;
	uint64_t root_left, left, left_max, done, total;
	struct sets sets;
};

static inline int hss_info(uint32_t word, const uint8_t *uuid,
			   struct hss_info *info)
{
	struct xdr_reader *r = &box.results;
	int error = ask(&box, word, CRYPTECH_RPC_HASHSIG_INFO, "o", uuid,
			(size_t)UUID_SIZE);

	if (error)
		return error;
	info->profile = xdr_get_u32(r);
	info->reserve = xdr_get_u32(r);
	info->state = xdr_get_u32(r);
	info->root_left = xdr_get_u64(r);
	info->left = xdr_get_u64(r);
	info->left_max = xdr_get_u64(r);
	info->done = xdr_get_u64(r);
	info->total = xdr_get_u64(r);
	info->sets.n = xdr_get_u32(r);
	for (unsigned int i = 0; i < info->sets.n && i < 8; i++) {
		info->sets.set[i][0] = xdr_get_u32(r);
		info->sets.set[i][1] = xdr_get_u32(r);
	}
	return xdr_reader_done(r) ? 0 : -1;
}

/* Signatures left; ~0 if that cannot be told. */
static inline uint64_t left_of(const uint8_t *uuid)
{
	struct hss_info info;

	return hss_info(ME, uuid, &info) ? UINT64_MAX : info.left;
}

struct signature {
	uint8_t data[CRYPTECH_HSS_SIGNATURE_MAX];
	size_t len;
	uint64_t left;
};

/* The results "signature:o left:U". */
static inline int result_signature(int error, struct signature *signature)
{
	const uint8_t *data;

	if (error)
		return error;
	data = xdr_get_opaque(&box.results, &signature->len);
	if (!data || signature->len > sizeof(signature->data))
		return -1;
	memcpy(signature->data, data, signature->len);
	signature->left = xdr_get_u64(&box.results);
	return xdr_reader_done(&box.results) ? 0 : -1;
}

static inline int sign_once(uint32_t word, const uint8_t *uuid,
			    const uint8_t *request, const char *text,
			    uint32_t max, struct signature *signature)
{
	return result_signature(ask(&box, word, CRYPTECH_RPC_SIGN_ONCE, "oosu",
				    uuid, (size_t)UUID_SIZE, request,
				    (size_t)16, text, max), signature);
}

/* Sign, by a request nobody else uses, as often as it says NOT_READY. */
static inline int sign_text(const uint8_t *uuid, const char *text,
			    struct signature *signature)
{
	static uint32_t number;
	uint8_t request[16] = "one of its own ";
	int error;

	number++;
	memcpy(request, &number, 4);
	do {
		error = sign_once(ME, uuid, request, text,
				  CRYPTECH_HSS_SIGNATURE_MAX, signature);
	} while (error == CRYPTECH_ERR_NOT_READY);
	return error;
}

/* The HSS public key of one of ours, out of KEY_PUBLIC. */
static inline size_t public_of(const uint8_t *uuid,
			       uint8_t public[CRYPTECH_HSS_PUBLIC_MAX])
{
	struct bytes spki;

	if (result_bytes(ask(&box, ME, CRYPTECH_RPC_KEY_PUBLIC, "ou", uuid,
			     (size_t)UUID_SIZE, 200), &spki) ||
	    spki.len < SPKI_HEAD ||
	    spki.len - SPKI_HEAD > CRYPTECH_HSS_PUBLIC_MAX)
		return 0;
	memcpy(public, spki.data + SPKI_HEAD, spki.len - SPKI_HEAD);
	return spki.len - SPKI_HEAD;
}

/* Good, by the RFC, and entered in the ledger? By a public key that is known. */
static inline bool is_good_by(const uint8_t *public, size_t len,
			      const char *text,
			      const struct signature *signature)
{
	if (!len || !plain_hss(NULL, true, public, len, signature->data,
			       signature->len, text, strlen(text)))
		return false;
	/* whether it is a new one: that is for ledger.count to tell */
	plain_hss(&ledger, false, public, len, signature->data,
		  signature->len, text, strlen(text));
	return true;
}

static inline bool is_good(const uint8_t *uuid, const char *text,
			   const struct signature *signature)
{
	uint8_t public[CRYPTECH_HSS_PUBLIC_MAX];

	return is_good_by(public, public_of(uuid, public), text, signature);
}

static inline int verify_text(uint32_t word, const uint8_t *uuid,
			      const char *text,
			      const struct signature *signature)
{
	return ask(&box, word, CRYPTECH_RPC_VERIFY, "ouso", uuid,
		   (size_t)UUID_SIZE, CRYPTECH_DIGEST_NONE, text,
		   signature->data, signature->len);
}

static inline int delete_key(const uint8_t *uuid)
{
	return ask(&box, ME, CRYPTECH_RPC_KEY_DELETE, "o", uuid,
		   (size_t)UUID_SIZE);
}

#endif /* TESTS_HASHSIG_BOX_H */
