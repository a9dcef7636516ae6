/* SPDX-License-Identifier: MIT */
/*
 * Hash signature keys (HSS, RFC 8554), as the files that deal with them know
 * them. What an HSS key is and how it signs is firmware/hashsig's; here it
 * becomes a key of the HSM: with a name, clients, calls and threads.
 *
 *	hashsigkey.c   an HSS private key beside its struct key: start, stop,
 *		       delete, counts
 *	hashsigpub.c   public keys: their DER forms, verification
 *	hashsigwork.c  who computes the units of work that signing waits for
 *	hashsigjob.c   generation
 *	hashsigsign.c  signing; requests that are remembered
 *	hashsigmove.c  keys that leave or come: see backup.h
 *	hashsig.c      our functions 0x130 to 0x138, by UUID
 *	stream.c       our functions 0x139 to 0x13f: messages in pieces
 *
 * Everything here wants the lock held, and what says so drops it meanwhile.
 *
 * A struct hashsig belongs to its key, or to the job that generates it.
 * Whoever uses it while the lock may be dropped counts as a user: calls, units
 * of work, streams. It goes when owner and users are gone.
 */
#ifndef HSM_HASHSIG_H
#define HSM_HASHSIG_H

#include <cryptech/hss.h>

#include "../hashsig/hss.h"
#include "../vaultkeys/vaultkeys.h"
#include "key.h"

/*
 * Compressions that a call computes, or waits for, before it answers
 * NOT_READY: a fraction of a second of one core.
 */
#define HASHSIG_WAIT_MAX	10000000
#define HASHSIG_WAIT_MAX_VAULT	40000	/* the FPGA does 1,000 in a ms */
#define HASHSIG_REQUESTS	8	/* remembered, a key */

struct stream;

/* A request that was answered. */
struct answered {
	uint8_t id[CRYPTECH_HASHSIG_REQUEST_SIZE];
	uint8_t input[32];		/* SHA-256 of it */
	uint8_t *signature;		/* NULL: no request yet */
	size_t len;
};

/* A request that is being answered. */
struct pending {
	const uint8_t *id;
	bool stream;			/* it may take as long as it likes */
	struct pending *next;
};

struct hashsig {
	struct hss *hss;
	struct key *key;		/* whose it is, or ... */
	struct job *job;		/* ... which makes it */
	struct hashsig *next;		/* of those that are a key's */
	unsigned int users;
	bool stopping;			/* the owner is gone, or goes */
	bool orphan;			/* ... so the last user frees it */
	bool doomed;			/* ... and its state in flash */
	bool asked;			/* somebody was told NOT_READY */
	bool low;			/* that it was told once */
	int broken;			/* work failed: what signing answers */
	/* hashsigwork.c's */
	bool queued;
	struct hashsig *queue_next;
	/* hashsigsign.c's */
	struct pending *pending;
	struct answered answered[HASHSIG_REQUESTS];
	unsigned int oldest;
	/* stream.c's: streams that sign with it */
	struct stream *streams;
};

struct hashsigs {
	struct roots *roots;
	struct hashsig *first;		/* those that are keys' */
	struct hashsig *queue;		/* those with work to do, by turns */
	unsigned int workers;		/* background work asked for, running */
	bool stopping;
	unsigned int jobs;		/* running */
	uint32_t stream_number;		/* the last one given out */
};

/* --- the key (hashsigkey.c) ---------------------------------------------------- */

/* For @hss, which becomes its own; NULL: no memory. No user, no owner. */
struct hashsig *hashsig_new(struct hss *hss);
void hashsig_get(struct hashsig *h);		/* one more user */
void hashsig_put(struct hsm *hsm, struct hashsig *h);
/* The owner lets go: it is freed as soon as no user is left, now or later. */
void hashsig_abandon(struct hsm *hsm, struct hashsig *h);
/* It is this key's from now on. */
void hashsig_own(struct hsm *hsm, struct hashsig *h, struct key *key);
/* No key's any more, before the key goes. */
void hashsig_disown(struct hsm *hsm, struct hashsig *h);
/* KEYSTORE_LOST_DATA while the security officer's decision is awaited. */
int hashsig_may_delete(struct hsm *hsm, const uint8_t *uuid);
/*
 * Out of flash and memory, whatever there is of a state of this name; its KEY
 * record is gone already. @h: what the key had, or NULL. Waits for its users.
 * Of a parked key the state stays: its package is to open again.
 */
int hashsig_delete(struct hsm *hsm, const uint8_t *uuid, struct hashsig *h);
/* All of them, after a decision of the security officer. Drops the lock. */
int hashsigs_accept(struct hsm *hsm, uint32_t decision);
/* Few root leaves are left: says so in the log when that becomes so. */
bool hashsig_is_low(const struct hashsig *h, const struct hss_counts *counts);
void hashsig_look(struct hsm *hsm, struct hashsig *h,
		  struct hss_counts *counts);
/* The next argument names an HSS private key. UNSUPPORTED_KEY for others. */
int call_hashsig(struct call *call, struct hashsig **h);
/*
 * The flash is not the newest there was, which the security officer has to
 * decide on. Not of keys of the vault, which the guard in it knows.
 */
bool hashsig_is_stale(const struct hsm *hsm, const struct hashsig *h);
/* Do all levels share one set? */
bool hashsig_uniform(const struct hashsig *h);
/* Can it sign at all? KEY_NOT_FOUND when it is being deleted, FORBIDDEN when it
 * is parked, ... */
int hashsig_usable(const struct hsm *hsm, const struct hashsig *h);

/* --- public keys (hashsigpub.c) ------------------------------------------------ */

#define HASHSIG_SPKI_MAX	88

/* SubjectPublicKeyInfo as in RFC 9708, or as libhal has it, of a public key
 * (hss_get_public) of @len bytes. Returns its length. */
size_t hashsig_spki(const uint8_t *public, size_t len,
		    uint8_t spki[HASHSIG_SPKI_MAX]);
size_t hashsig_spki_libhal(const uint8_t *public, size_t len,
			   uint8_t spki[HASHSIG_SPKI_MAX]);
/*
 * Either form. ASN1_PARSE_FAILED: it is neither; UNSUPPORTED_KEY: a hash
 * signature key, but of a set that is unknown.
 */
int hashsig_from_spki(const uint8_t *der, size_t der_len,
		      uint8_t public[CRYPTECH_HSS_PUBLIC_MAX], size_t *len);
/* Of a key of either class, out of its spki. Returns the length. */
size_t hashsig_public(const struct key *key,
		      uint8_t public[CRYPTECH_HSS_PUBLIC_MAX]);
/* Verify a message with it. The lock is dropped meanwhile. */
int hashsig_verify(struct call *call, const struct key *key,
		   const uint8_t *input, size_t len, const uint8_t *signature,
		   size_t signature_len);

/* --- work (hashsigwork.c) ------------------------------------------------------ */

/* There may be work: have it done in the background. */
void hashsig_kick(struct hsm *hsm, struct hashsig *h);
/* Before it goes: nobody begins new work. */
void hashsig_unqueue(struct hsm *hsm, struct hashsig *h);
/*
 * Do one unit of what signing (or generation) waits for, or wait until others
 * did one. Drops the lock; the caller is a user.
 */
void hashsig_step(struct hsm *hsm, struct hashsig *h);
/* Wait until no background work runs or waits to run. */
void hashsig_work_stop(struct hsm *hsm);

/* --- generation (hashsigjob.c) ------------------------------------------------- */

struct job {
	struct job *next;		/* of the client, newest first */
	struct client *client;
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	uint32_t state;			/* CRYPTECH_JOB_ */
	int error;
	uint64_t done, total;
	bool waited_for;		/* by a call that commits it itself */
	struct hashsig *hashsig;	/* while it runs */
	struct key *key;		/* that it is to be */
};

#define HSM_CLIENT_JOBS		4	/* running, a client */
#define HSM_JOBS		16	/* running, all */
#define HSM_JOBS_KEPT		16	/* of a client */

/*
 * Start one; @facts->uuid is filled in. KEY_NAME_IN_USE,
 * NO_KEY_SLOTS_AVAILABLE (quota), and what hss_new says.
 */
int job_start(struct call *call, const struct key_request *request,
	      struct root_facts *facts, struct job **job);
struct job *job_find(struct client *client, const uint8_t *uuid);
/* Does a job that runs make a key of this name? */
bool job_names(struct hsm *hsm, const uint8_t *uuid);
/* Its work is done: the key comes to be. */
int job_commit(struct hsm *hsm, struct job *job);
/* It has come to its end. It is remembered; forgotten, it is freed. */
void job_end(struct hsm *hsm, struct job *job, uint32_t state, int error);
void job_forget(struct hsm *hsm, struct job *job);
/* A unit of its work is done. */
void job_progress(struct hsm *hsm, struct job *job);

/* --- signing (hashsigsign.c) --------------------------------------------------- */

/*
 * Do, or wait for, what signing or splitting waits for; NOT_READY: it takes
 * longer than a call may. FORBIDDEN: @client (or NULL) is gone. The caller is
 * a user; the lock is dropped meanwhile.
 */
int hashsig_make_ready(struct hsm *hsm, const struct client *client,
		       struct hashsig *h);
/*
 * Take a leaf, after the work that may be needed. The caller is a user. The
 * lock may be dropped meanwhile, but not after the leaf was taken.
 */
int hashsig_take(struct call *call, struct hashsig *h, struct hss_leaf **leaf);
/* RESULT_TOO_LONG, and what else can be known before. */
int hashsig_may_sign(const struct key *key, size_t max);
/* Sign a message without a request. The reply gets the signature. */
int hashsig_sign(struct call *call, struct key *key, const uint8_t *input,
		 size_t len);

struct answered *request_find(struct hashsig *h, const uint8_t *id);
struct pending *request_pending(struct hashsig *h, const uint8_t *id);
void request_begin(struct hashsig *h, struct pending *pending);
void request_end(struct hsm *hsm, struct hashsig *h, struct pending *pending);
/* @signature is memory of its own, which is taken over. */
void request_remember(struct hashsig *h, const uint8_t *id,
		      const uint8_t input[32], uint8_t *signature, size_t len);
void requests_forget(struct hashsig *h);
/* The results "signature:o left:U". */
int put_signature(struct call *call, struct hashsig *h,
		  const uint8_t *signature, size_t len, uint32_t max);

/* --- streams (stream.c) -------------------------------------------------------- */

#define HSM_CLIENT_STREAMS	2

/* Those that sign with a key that goes: their leaves go, too. */
void streams_abort(struct hsm *hsm, struct hashsig *h);

#endif /* HSM_HASHSIG_H */
