/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the HSM proper know of each other.
 *
 *	dispatch.c  one request: decode, rights, handler, reply
 *	client.c    clients of a port, what they hold, ATTACH, LOGOUT
 *	handle.c    tables of key and hash handles
 *	pin.c       PINs, LOGIN, SET_PIN
 *	hash.c      hashes and HMACs
 *	misc.c      version, random numbers, STATUS
 *	setting.c   settings, which a new master key leaves as they are
 *	rekey.c	    what follows from the master key, and a change of it
 *	start.c     hsm_start, hsm_stop, serial number
 *	key.c ...   keys (see key.h)
 *	hashsig*.c, stream.c  hash signatures (see hashsig.h)
 *
 * Locking: one lock guards all of struct hsm and everything that hangs on it.
 * A handler is called with it HELD and returns with it held. For computing
 * that takes longer than some 50 microseconds it calls call_unlock(), computes
 * on objects that it holds a reference to or on copies of its own, and calls
 * call_relock(). While the lock is dropped anything may happen: keys deleted,
 * the client logged out, handles closed. So pointers found before are looked up
 * again, or were referenced. The client object itself stays (the call holds a
 * reference) but may be gone, which call_relock() tells.
 */
#ifndef HSM_INTERNAL_H
#define HSM_INTERNAL_H

#include <cryptech/rpc.h>
#include <cryptech/xdr.h>

#include "../cores/cores.h"
#include "../keystore/keystore.h"
#include "hsm.h"
#include "lock.h"

#define HSM_RELEASE		"cryptech-hsm 0.1"

#define HSM_CLIENTS_DEFAULT	1024	/* a port */
#define HSM_HANDLES_DEFAULT	4096	/* a port, keys and hashes each */
#define HSM_HANDLES_LIMIT	65536	/* an index has 16 bits */
/* The share of a port's handles that one client may hold. */
#define HSM_CLIENT_HANDLES(port_handles)	((port_handles) / 4)
/* Volatile keys that one client may hold, and all clients of a port. */
#define HSM_CLIENT_VOLATILE	1024
#define HSM_PORT_VOLATILE	4096

struct client;
struct function;
struct backup;
struct hashsigs;
struct job;
struct key;
struct recovery;
struct stream;
struct vaultkeys;

/*
 * --- handles (handle.c) ------------------------------------------------------
 *
 * A handle is libhal's: index | counter << 16 | mark << 31, the counter of
 * 15 bits never 0, so that no handle is 0 and a stale one is found out. The
 * mark is for the eye only: TOKEN for keys, HMAC for hashes. A handle belongs
 * to the client that opened it: to others it does not exist.
 */
enum handle_kind {
	HANDLE_KEY,		/* object: struct key, one reference */
	HANDLE_HASH,		/* object: struct hash */
	HANDLE_KINDS
};

struct handle {
	void *object;		/* NULL: free */
	struct client *owner;
	uint16_t counter;	/* of its present or last use */
	bool mark;
	uint32_t next;		/* of the owner's, or of the free ones */
	uint32_t previous;	/* of the owner's */
};

#define HANDLE_NONE	0xffffffffu	/* ends a list of indices */

struct handle_table {
	struct handle *entries;
	uint32_t size;
	uint32_t used;
	uint32_t free;		/* first free index */
	uint32_t free_last;	/* freed ones queue up: late reuse */
};

int handle_table_init(struct handle_table *table, uint32_t size);
void handle_table_free(struct handle_table *table);

/*
 * Give @object to @client under a new handle. NO_KEY_SLOTS_AVAILABLE (keys) or
 * ALLOCATION_FAILURE (hashes) when the port or the client's quota is full,
 * NO_CLIENT_SLOTS_AVAILABLE when the port has too many clients. On failure
 * the object stays the caller's.
 */
int handle_open(struct client *client, enum handle_kind kind, void *object,
		bool mark, uint32_t *handle);
/* The object of one of this client's handles, or NULL. No reference taken. */
void *handle_find(struct client *client, enum handle_kind kind,
		  uint32_t handle);
/* Free a handle: its object goes back to the caller. NULL if not this
 * client's. */
void *handle_close(struct client *client, enum handle_kind kind,
		   uint32_t handle);
/* Free all handles of a client and what they stand for. */
void handles_drop(struct client *client);

/*
 * --- clients (client.c) ------------------------------------------------------
 *
 * A client object exists while the client holds something (a login, a handle,
 * a volatile key) or one of its calls is running; so any of the 2^32 client
 * words can call, and only those that hold something count.
 */
struct client {
	struct client *next;	/* in its bucket */
	struct hsm *hsm;
	struct port *port;
	uint32_t word;
	unsigned int calls;	/* running: references */
	unsigned int holds;	/* things held, see client_hold */
	bool gone;		/* logged out: found by nobody any more */
	enum cryptech_user role;
	uint32_t handles[HANDLE_KINDS];		/* first index of its list */
	uint32_t handle_count[HANDLE_KINDS];

	/* key.c's: this client's volatile keys */
	struct key *keys;
	unsigned int key_count;
	/* stream.c's */
	struct stream *streams;
	unsigned int stream_count;
	/* hashsigjob.c's: running and ended ones, newest first */
	struct job *jobs;
};

struct port {
	unsigned int number;
	struct client **buckets;
	unsigned int bucket_mask;
	unsigned int holders;	/* clients that hold something */
	struct handle_table handles[HANDLE_KINDS];
	unsigned int volatile_keys;	/* key.c's: of all clients */
};

int port_init(struct hsm *hsm, struct port *port, unsigned int number);
void port_free(struct port *port);

/* Find or make a client and take a reference for a call; NULL: no memory. */
struct client *client_get(struct hsm *hsm, unsigned int port, uint32_t word);
void client_put(struct client *client);

/*
 * To be called before a client is given something to hold, once for each
 * thing (handle_open does it itself); NO_CLIENT_SLOTS_AVAILABLE if this
 * client holds nothing yet and the port is full, FORBIDDEN if it is gone.
 * client_release takes one back.
 */
int client_hold(struct client *client);
void client_release(struct client *client);

/* The client logs out: login, handles, hash states, volatile keys go. */
void client_drop(struct client *client);

/* Logged in such that keys may be used. */
static inline bool client_is_user(const struct client *client)
{
	return client->role == CRYPTECH_USER_NORMAL ||
	       client->role == CRYPTECH_USER_WHEEL;
}

/* May this client use a key of these flags? */
static inline bool client_reads(const struct client *client, uint32_t flags)
{
	return (flags & CRYPTECH_KEY_FLAG_PUBLIC) || client_is_user(client);
}

/* May this client make, change or delete a key of these flags? */
static inline bool client_writes(const struct client *client, uint32_t flags)
{
	return ((flags & CRYPTECH_KEY_FLAG_PUBLIC) &&
		!(flags & CRYPTECH_KEY_FLAG_TOKEN)) || client_is_user(client);
}

/*
 * --- calls (dispatch.c) ------------------------------------------------------
 */
struct call {
	struct hsm *hsm;
	struct client *client;
	const struct function *function;
	/*
	 * The arguments. dispatch has checked that the message is exactly
	 * what the function's `args` in CRYPTECH_FUNCTIONS say, and that the
	 * client has the `rights` (KEY apart): a handler reads without
	 * checking again.
	 */
	struct xdr_reader in;
	/* The reply, of which the 12 bytes of its head are written. What the
	 * handler adds does not count if it returns an error. */
	struct xdr_writer out;
};

/*
 * A handler returns an enum cryptech_error; on error it has changed nothing.
 * One for each function: handle_GET_VERSION and so on.
 */
#define HSM_HANDLER(number, name, ...) int handle_##name(struct call *call);
CRYPTECH_FUNCTIONS(HSM_HANDLER)
#undef HSM_HANDLER

/* Around long computing, see the top. call_relock gives 0, or FORBIDDEN if
 * the client has logged out meanwhile; the lock is held again in any case. */
void call_unlock(struct call *call);
int call_relock(struct call *call);

/*
 * Will @bytes of results (XDR lengths and padding included) fit the reply?
 * 0, or RPC_PACKET_OVERFLOW. To be asked before anything is changed.
 */
int call_fits(const struct call *call, uint64_t bytes);

/* What opaque data of @len bytes takes in a message. */
static inline uint64_t xdr_size_opaque(uint64_t len)
{
	return 4 + (len + 3) / 4 * 4;
}

/* Read a UUID argument. KEY_NAME_TOO_LONG if it has not 16 bytes. */
int call_uuid(struct call *call, const uint8_t **uuid);

/* One line to the log; never a secret, and nothing that a client can repeat
 * at will without limit. */
void hsm_log(struct hsm *hsm, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * --- hashes (hash.c) ---------------------------------------------------------
 */
struct hash;

/*
 * For sign and verify by hash handle. hash_peek: which digest the handle
 * stands for; BAD_ARGUMENTS if it is not a plain hash of this client.
 * hash_take: its value of core_digest_size() bytes; the handle is closed.
 * Check everything that can be wrong between the two.
 */
int hash_peek(struct client *client, uint32_t handle,
	      enum cryptech_digest *digest);
int hash_take(struct client *client, uint32_t handle,
	      uint8_t value[CORE_DIGEST_MAX], size_t *len);
void hash_free(struct hash *hash);

/*
 * --- PINs (pin.c) ------------------------------------------------------------
 */
enum pin_bucket {		/* whose failures are counted together */
	PIN_USER, PIN_SO, PIN_WHEEL, PIN_KERNEL, PIN_BUCKETS
};
#define PIN_ROLES	3	/* PIN_USER, PIN_SO, PIN_WHEEL have a PIN */

#define PIN_SALT_SIZE	16
#define PIN_HASH_SIZE	32

enum pin_factory {		/* the factory wheel PIN is ... */
	PIN_FACTORY_NONE = 0,	/* no longer in force */
	PIN_FACTORY_RANDOM = 1,
	PIN_FACTORY_LIBHAL = 2,	/* libhal's well-known one */
};

struct pin {
	uint32_t iterations;	/* 0: not set, no login */
	uint8_t salt[PIN_SALT_SIZE];
	uint8_t hash[PIN_HASH_SIZE];
};

struct pins {
	struct pin pin[PIN_ROLES];
	uint32_t failures[PIN_BUCKETS];
	enum pin_factory factory;
	/* not in flash: */
	uint64_t until[PIN_BUCKETS];	/* no try before, platform's now_ns */
	bool busy[PIN_ROLES];		/* a check or change is running */
};

/* Read the PINs; of a fresh HSM: make its factory PIN. */
int pins_start(struct hsm *hsm, bool fresh);
/* Seconds, rounded up, until a bucket may be tried again. */
uint64_t pins_delay(struct hsm *hsm, enum pin_bucket bucket);
/* True while only the FACTORY functions answer. */
bool pins_restricted(const struct hsm *hsm);

/*
 * --- the FPGA (fpga.c) --------------------------------------------------------
 *
 * Why all but the FACTORY functions are refused, because it is lost; else 0.
 * Looks at it now and then.
 */
int fpga_refusal(struct hsm *hsm);
/* For STATUS: the FPGA_ tags. */
void fpga_status(struct hsm *hsm, uint64_t *value);

/*
 * --- the HSM (start.c, store.c) ----------------------------------------------
 */
struct hsm {
	struct lock lock;
	const struct platform *platform;
	struct hsm_config config;	/* defaults filled in */
	struct keystore *ks;
	uint8_t serial[CRYPTECH_SERIAL_SIZE];
	uint64_t started_ns;
	uint64_t calls;
	uint64_t errors;
	struct port ports[HSM_PORTS];
	struct pins pins;
	struct keys *keys;		/* key.c's */
	struct hashsigs *hashsigs;	/* hashsigkey.c's */
	struct backup *backup;		/* backup.h: policy, devices, ... */
	struct recovery *recovery;	/* recovery.c's: an armed package */
	struct vaultkeys *vaultkeys;	/* keys of the FPGA's vault */
	uint64_t fpga_looked_ns;	/* when it was last looked at */

	/* Wrapping keys, derived at start from master key and serial number. */
	uint8_t k_flash[32];		/* key records */
	uint8_t k_state[32];		/* states of hash signature keys */
	uint8_t k_config[32];		/* PINs, settings */
	/* ... from the master key alone: */
	uint8_t k_raw[32];		/* raw packages */
	uint8_t k_raw_hashsig[32];	/* ... of HSS keys, with Kp */
	uint8_t fingerprint[32];	/* not secret */
	/* Drawn at start: seals what MAC_UPDATE gives away. */
	uint8_t k_mac[32];
	/*
	 * They change when the master key does, and calls read them without
	 * the lock. So who changes them has the HSM to himself: no call has
	 * dropped the lock, none begins. See hsm_claim.
	 */
	unsigned int unlocked;		/* calls that have */
	bool claimed;
};

/*
 * --- the master key (rekey.c) --------------------------------------------------
 */
struct config_record {		/* CONFIG, "config": plain bytes */
	uint8_t serial[CRYPTECH_SERIAL_SIZE];
	uint8_t fingerprint[32];	/* of the master key */
};

int config_read(struct hsm *hsm, struct config_record *config);
int config_write(struct hsm *hsm, const struct config_record *config);
/*
 * The wrapping keys of the HSM whose serial number @config has. Fresh: makes a
 * master key where there is none, and sets config->fingerprint. Otherwise
 * finishes a change of the master key that a power cut hit, or takes it back.
 */
int master_key_start(struct hsm *hsm, bool fresh,
		     struct config_record *config);
/*
 * Replace the master key; what was wrapped under the old one is gone already.
 * The HSM is claimed. On failure nothing changed, but for MASTERKEY_FAIL (see
 * the log) and KEYSTORE_ACCESS: then the next start finishes it.
 */
int master_key_change(struct hsm *hsm, const uint8_t key[MASTER_KEY_SIZE]);
/*
 * Have the HSM to oneself, as soon as one keeps the lock: waits for the calls
 * that have dropped it, lets none begin but those of cost INLINE, which the
 * thread answers that has to show that the HSM lives. FORBIDDEN: the client has
 * logged out meanwhile. hsm_unclaim in any case.
 */
int hsm_claim(struct call *call);
void hsm_unclaim(struct hsm *hsm);

/* The error that a client gets to see for a keystore error. */
int store_error(int ks_error);
/*
 * ks_write with an enum cryptech_error: NO_KEY_INDEX_SLOTS when full (nothing
 * changed), KEY_NAME_IN_USE with @must_be_new. A record can be replaced by one
 * that is not longer even when the flash is full: so logins can be counted.
 */
int store_write(struct hsm *hsm, enum ks_class class,
		const uint8_t name[KS_NAME_SIZE], const void *data, size_t len,
		bool must_be_new);
/* Is there a record of this class, whatever its state? */
bool store_has(struct hsm *hsm, enum ks_class class);

/*
 * --- settings (setting.c) ------------------------------------------------------
 *
 * Records of the classes CONFIG and DEVICE, sealed under K_config. They and the
 * PINs stay when the master key changes: masterkey.c seals whatever there is
 * in these classes anew without knowing what it says, so nothing else may be
 * there. At most SETTING_MAX bytes each. To delete one: ks_delete.
 */
#define SETTING_MAX	1024

int setting_write(struct hsm *hsm, enum ks_class class,
		  const uint8_t name[KS_NAME_SIZE], const void *data,
		  size_t len, bool must_be_new);
/* KEY_NOT_FOUND; KEYSTORE_LOST_DATA: it does not unwrap; RESULT_TOO_LONG */
int setting_read(struct hsm *hsm, enum ks_class class,
		 const uint8_t name[KS_NAME_SIZE], void *data, size_t size,
		 size_t *len);

/*
 * --- keys (key.c), as the rest sees them --------------------------------------
 *
 * All are called with the lock held, keys_start and keys_stop alone.
 */
int keys_start(struct hsm *hsm);	/* ks, k_flash are ready; 0 or error */
void keys_stop(struct hsm *hsm);	/* NULL hsm->keys is fine; wipes */
/* Forget this client's volatile keys (its handles are closed already) and
 * client_release() each. */
void keys_client_gone(struct client *client);
void keys_count(struct hsm *hsm, uint64_t *token, uint64_t *in_memory,
		uint64_t *lost);
/* References; a handle holds one. Lock held. */
struct key *key_get(struct key *key);
void key_put(struct key *key);

/*
 * --- hash signatures (hashsig.h), as the rest sees them -----------------------
 */
/* Before the keys: recovers all states; nothing is used before it returned. */
int hashsigs_recover(struct hsm *hsm);
/* After the keys: brings states and KEY records together. */
int hashsigs_start(struct hsm *hsm);
/* Before keys_stop, the lock held; waits for background work. */
void hashsigs_stop(struct hsm *hsm);
/* What a client has of these goes with it. */
void streams_drop(struct client *client);
void jobs_client_gone(struct client *client);
/* For STATUS. */
void hashsigs_count(struct hsm *hsm, uint64_t *keys, uint64_t *low,
		    uint64_t *least);
uint64_t hashsigs_anchor(struct hsm *hsm);
bool hashsigs_stale(const struct hsm *hsm);

/*
 * --- backup (backup.h), as the rest sees it ------------------------------------
 */
/* For STATUS: POLICY, KEYS_PARKED, OUTBOX, KEKEKS, at their tags. */
void backup_count(struct hsm *hsm, uint64_t *value);

#endif /* HSM_INTERNAL_H */
