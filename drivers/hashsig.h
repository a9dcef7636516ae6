/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HSS keys (hash-based signatures, RFC 8554): what is special about them.
 *
 * Each of their signatures spends a one-time key for ever. So a request to
 * sign has an id, by which the HSM knows it again, and nothing here gives a
 * result that makes somebody repeat a request that may have happened with
 * another id. Their generation is a job of the HSM that is asked after.
 *
 *	hashrpc.c	the typed calls
 *	hashstream.c	signing and verifying messages of any length
 *	hashioc.c	the typed door
 *	hashkey.c	keyring keys: query, sign, verify, describe
 *	hashjob.c	keyring keys: generation
 *	hashwatch.c	keys that are nearly used up; figures for sysfs
 */
#ifndef CRYPTECH_HASHSIG_H
#define CRYPTECH_HASHSIG_H

#include <linux/list.h>
#include <linux/types.h>

#include <linux/cryptech.h>

#include <cryptech/hss.h>
#include <cryptech/rpc.h>

struct cryptech_call;
struct cryptech_client;
struct cryptech_device;
struct cryptech_key;
struct cryptech_key_request;
struct cryptech_key_signature;
struct kernel_pkey_query;
struct seq_file;

/* --- typed calls (hashrpc.c) --------------------------------------------- */

/*
 * As those of rpc.c. What stands in arguments and results is explained in
 * include/cryptech/rpc.h.
 */

/**
 * struct cryptech_hashsig_set - what is chosen when a key is made
 * @profile:	CRYPTECH_HASHSIG_PUNCTURED, _SINGLE_SEED
 * @reserve:	root leaves that one commit takes
 * @levels:	how many there are
 * @level:	their parameter sets, root first
 */
struct cryptech_hashsig_set {
	u32 profile;
	u32 reserve;
	u32 levels;
	struct cryptech_hss_level level[CRYPTECH_HSS_LEVELS_MAX];
};

/* Results of HASHSIG_INFO and HASHSIG_JOB. */
struct cryptech_hashsig_info {
	struct cryptech_hashsig_set set;
	u32 state;		/* CRYPTECH_HASHSIG_* */
	u64 root_left;
	u64 left;
	u64 left_max;
	u64 done;
	u64 total;
};

struct cryptech_hashsig_job {
	u32 state;		/* CRYPTECH_JOB_* */
	u32 error;		/* enum cryptech_error */
	u64 done;
	u64 total;
};

int cryptech_rpc_hashsig_generate(struct cryptech_client *client,
				  const u8 *uuid, u32 flags, const void *label,
				  size_t label_len,
				  const struct cryptech_hashsig_set *set,
				  u8 *made, u32 *error);
int cryptech_rpc_hashsig_job(struct cryptech_client *client, const u8 *uuid,
			     struct cryptech_hashsig_job *job, u32 *error);
int cryptech_rpc_hashsig_cancel(struct cryptech_client *client,
				const u8 *uuid, u32 *error);
int cryptech_rpc_hashsig_info(struct cryptech_client *client, const u8 *uuid,
			      struct cryptech_hashsig_info *info, u32 *error);
int cryptech_rpc_hashsig_accept(struct cryptech_client *client, u32 decision,
				u32 *error);

/*
 * Encoded but not submitted, and the results of such calls; the UUID that
 * HASHSIG_GENERATE answers is decoded by cryptech_rpc_key_generated().
 */
struct cryptech_call *
cryptech_call_hashsig_generate(struct cryptech_client *client, const u8 *uuid,
			       u32 flags, const void *label, size_t label_len,
			       const struct cryptech_hashsig_set *set);
struct cryptech_call *
cryptech_call_hashsig_job(struct cryptech_client *client, const u8 *uuid);
struct cryptech_call *
cryptech_call_hashsig_cancel(struct cryptech_client *client, const u8 *uuid);
struct cryptech_call *
cryptech_call_hashsig_info(struct cryptech_client *client, const u8 *uuid,
			   gfp_t gfp);
int cryptech_hashsig_job_result(const struct cryptech_call *call,
				struct cryptech_hashsig_job *job, u32 *error);
int cryptech_hashsig_info_result(const struct cryptech_call *call,
				 struct cryptech_hashsig_info *info,
				 u32 *error);

/* --- messages of any length (hashstream.c) ------------------------------- */

/**
 * struct cryptech_message - what is signed, in memory of one kind
 * @kernel:	here, or
 * @user:	there, if @kernel is NULL; it is copied once
 * @len:	bytes
 */
struct cryptech_message {
	const void *kernel;
	const void __user *user;
	size_t len;
};

/**
 * struct cryptech_signing - a request to sign
 * @uuid:	of the key
 * @request:	CRYPTECH_HASHSIG_REQUEST_SIZE bytes: its id
 * @message:	the message
 * @signature:	where the signature goes
 * @size:	in: room there; out: its length
 * @left:	out: signatures left, at most
 */
struct cryptech_signing {
	const u8 *uuid;
	const u8 *request;
	struct cryptech_message message;
	void *signature;
	size_t size;
	u64 left;
};

/*
 * Sign, by one call if the message fits, else by a stream. Interruptible until
 * a leaf may have been spent: -ERESTARTSYS says that none was. After that a
 * fatal signal alone ends it. Errors as cryptech_call_wait(), besides:
 *
 *  -EFAULT	  the message's memory; nothing was spent if it was bad from the
 *		  start
 *  -EBUSY	  the client has all streams in use that it may have, and none
 *		  came free until the deadline
 *  -EREMOTEIO	  the HSM was lost; a leaf may have been spent
 *
 * May sleep.
 */
int cryptech_hashsig_sign(struct cryptech_client *client,
			  struct cryptech_signing *signing, u32 *error);

/* 0 it verifies, -EKEYREJECTED it does not. May sleep. */
int cryptech_hashsig_verify(struct cryptech_client *client, const u8 *uuid,
			    const struct cryptech_message *message,
			    const void *signature, size_t len, u32 *error);

/*
 * The answer to @call came when nobody waited for it any more: if that opened
 * a stream, close it. Any context but hard interrupt.
 */
void cryptech_stream_late(struct cryptech_call *call);

/* --- keyring keys (hashkey.c) -------------------------------------------- */

/**
 * struct cryptech_hashkey - what an HSS key has besides
 * @set:	what it was made with; of a public key the root's alone is
 *		known, and profile and reserve are 0
 * @known:	@set is the whole
 * @size:	the longest signature; if @known, every one is so long
 * @left:	signatures left, as the HSM said last; under the key's lock
 * @done:	leaves computed of the generation; under the key's lock
 * @total:	of so many; likewise
 * @key:	whose it is (hashjob.c, as all that follows)
 * @entry:	in the list of jobs
 * @poll_at:	jiffies, when to ask after it
 * @poll_ms:	after how long to ask again
 * @error:	why it is given up, or 0
 */
struct cryptech_hashkey {
	struct cryptech_hashsig_set set;
	bool known;
	size_t size;
	u64 left;
	u64 done;
	u64 total;

	struct cryptech_key *key;
	struct list_head entry;
	unsigned long poll_at;
	unsigned int poll_ms;
	int error;
};

/* "10/4,10/4" of a set, for people; the longest fits. */
#define CRYPTECH_HSS_TEXT_MAX	80
const char *cryptech_hss_text(const struct cryptech_hashsig_set *set,
			      char *buf, size_t size);

/* Bytes of a signature with that set; 0: there is no such set. */
size_t cryptech_hss_size(const struct cryptech_hashsig_set *set);

/* Make key->hss; @set may be NULL: not known yet. */
int cryptech_hashkey_init(struct cryptech_key *key,
			  const struct cryptech_hashsig_set *set);

/*
 * What the public half (key->pub is set) and HASHSIG_INFO tell. -EPROTO: they
 * do not fit, or what was asked for when the key was made.
 */
int cryptech_hashkey_set_public(struct cryptech_key *key);
int cryptech_hashkey_set_info(struct cryptech_key *key,
			      const struct cryptech_hashsig_info *info);

/* Behind the functions of key.h of the same name. */
int cryptech_hashkey_query(const struct cryptech_key *key,
			   const char *encoding, const char *hash,
			   struct kernel_pkey_query *query);
int cryptech_hashkey_sign(struct cryptech_key *key, const char *encoding,
			  const char *hash, const void *message, size_t len,
			  void *signature, size_t size);
int cryptech_hashkey_verify(const struct cryptech_key *key,
			    const struct cryptech_key_signature *sig);

/* What /proc/keys shows of it after the UUID. */
void cryptech_hashkey_describe(struct cryptech_key *key, struct seq_file *m);

/* --- generation for keyring keys (hashjob.c) ----------------------------- */

/*
 * Start the job that makes @key, and ask after it until it is over; then the
 * key is settled. A job whose key is doomed meanwhile is cancelled.
 */
int cryptech_hashjob_start(struct cryptech_key *key,
			   struct cryptech_client *kernel, u32 flags,
			   const char *label, size_t label_len);

/* The public half is there: ask for the rest, then settle. */
void cryptech_hashjob_published(struct cryptech_key *key,
				struct cryptech_client *kernel);

/* Something happened that jobs have to look at. Any context. */
void cryptech_hashjobs_wake(void);
void cryptech_hashjobs_exit(void);

/* --- keys that are nearly used up (hashwatch.c) -------------------------- */

/*
 * A key has @left signatures left: if that is little, say so, once an
 * incarnation: a line in the log and a uevent. With @info, which may be NULL,
 * it need not be asked for how many it had.
 */
void cryptech_hashwatch(struct cryptech_client *client, const u8 *uuid,
			u64 left, const struct cryptech_hashsig_info *info);
void cryptech_hashwatch_forget(struct cryptech_device *dev);

/* Make dev->watch, or false; and free it. */
bool cryptech_hashwatch_init(struct cryptech_device *dev);
void cryptech_hashwatch_exit(struct cryptech_device *dev);

/* Figures of STATUS that sysfs shows, named by their tags. */
#define CRYPTECH_FIGURES(F)						       \
	F(HASHSIG_KEYS) F(HASHSIG_LOW) F(HASHSIG_LEAVES_MIN) F(ANCHOR)

enum cryptech_figure {
#define CRYPTECH_FIGURE(tag)	CRYPTECH_FIGURE_##tag,
	CRYPTECH_FIGURES(CRYPTECH_FIGURE)
#undef CRYPTECH_FIGURE
	CRYPTECH_FIGURE_COUNT,
};

/*
 * get: what the HSM told last; false: nothing. stale: an answer came after
 * which they may differ (any context). refresh: ask for them if so, and do not
 * wait. take: here they are, the end of the results of STATUS.
 */
bool cryptech_figure_get(struct cryptech_device *dev,
			 enum cryptech_figure figure, u64 *value);
void cryptech_figures_stale(struct cryptech_call *call);
void cryptech_figures_refresh(struct cryptech_device *dev);
void cryptech_figures_take(struct cryptech_device *dev, struct xdr_reader *r);

#endif /* CRYPTECH_HASHSIG_H */
