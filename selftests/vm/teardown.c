// SPDX-License-Identifier: GPL-2.0
/*
 * What each way of using an HSM does when it ends in the middle: the table
 *
 *	{ read, ioctl, pkey_sign, AF_ALG, hwrng, dm-crypt } x
 *	{ unbind, HSM kill, close, revoke, rmmod of the core, of the transport }
 *
 * once with every operation blocked at the HSM, which stands still, and once
 * with all of them going round in threads. Each ends in time, with its right
 * answer or the error that is documented; nothing of it is left; and then all
 * of them work again. teardown [ROUNDS]
 *
 * A key that is revoked is nothing to read, ioctl and hwrng, which have none.
 */
#include <signal.h>
#include <sys/wait.h>

#include "teardown.h"

#define PCI_DRIVER	"/sys/bus/pci/drivers/cryptech_pci/"
#define PATIENCE_MS	30000
#define ERRORS		5

enum column { UNBIND, KILL, CLOSE, REVOKE, RMMOD_CORE, RMMOD_BUS, COLUMNS };

static const char *const column_names[COLUMNS] = {
	"unbind", "HSM killed", "close", "revoke", "rmmod of the core",
	"rmmod of the transport",
};

/* What may come of an operation, besides its right answer. */
struct ends {
	int blocked[ERRORS];	/* sent before, answered never */
	int looping[ERRORS];	/* at any time; the kernel is logged out after */
};

static const struct ends lost[ROWS] = {
	[READ] = { { EREMOTEIO }, { EREMOTEIO, ENODEV } },
	[IOCTL] = { { EREMOTEIO }, { EREMOTEIO, ENODEV } },
	[PKEY_SIGN] = { { EREMOTEIO }, { EREMOTEIO, ENODEV, EACCES } },
	[AF_ALG_READ] = { { EIO }, { EIO, ENODEV, EACCES } },
	/* it may have waited behind the kernel's own reader */
	[HWRNG] = { { EREMOTEIO, ENODEV }, { EREMOTEIO, ENODEV } },
	[DM_CRYPT] = { { EIO }, { EIO } },
};

static const struct ends revoked = { { 0 }, { EKEYREVOKED } };
static const struct ends unharmed = { { 0 }, { 0 } };

static const struct ends *ends_of(enum column column, enum row row)
{
	switch (column) {
	case UNBIND:
	case KILL:
	case RMMOD_BUS:
		return &lost[row];
	case REVOKE:
		return row == PKEY_SIGN || row == AF_ALG_READ ? &revoked :
								&unharmed;
	default:
		return &unharmed;
	}
}

static int has_cell(enum column column, enum row row)
{
	return column != REVOKE || row == PKEY_SIGN || row == AF_ALG_READ ||
	       row == DM_CRYPT;
}

/* --- operations under way ----------------------------------------------------- */

static struct use {
	enum row row;
	int looping;
	pthread_t thread;
	pid_t tid;
	unsigned int right;	/* answers */
	unsigned int bad;	/* ends that are not allowed */
	int last_bad;
	int64_t slowest_ms;
} uses[ROWS];

static const struct ends *allowed[ROWS];
static int stop_looping;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* If none is listed it has to be the right answer. */
static int is_allowed(const struct use *use, int err)
{
	const int *list = use->looping ? allowed[use->row]->looping :
					 allowed[use->row]->blocked;
	int i;

	if (!err)
		return use->looping || !list[0] || use->row == HWRNG;
	for (i = 0; i < ERRORS; i++)
		if (list[i] == err)
			return 1;
	return 0;
}

static void *use_thread(void *data)
{
	struct use *use = data;
	int64_t start, took;
	sigset_t all;
	int err;

	/* the end of a child would start a system call again */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	__atomic_store_n(&use->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	do {
		start = now_ms();
		err = row_run[use->row]();
		took = now_ms() - start;
		if (took > use->slowest_ms)
			use->slowest_ms = took;
		if (!is_allowed(use, err)) {
			use->bad++;
			use->last_bad = err;
		}
		if (!err)
			__atomic_add_fetch(&use->right, 1, __ATOMIC_RELEASE);
		else
			usleep(2000);	/* an HSM that is gone says so fast */
	} while (use->looping &&
		 !__atomic_load_n(&stop_looping, __ATOMIC_ACQUIRE));
	return NULL;
}

/* Until the thread waits in its system call. */
static void wait_until_blocked(const struct use *use)
{
	char path[48], line[64], wanted[16];
	int64_t end = now_ms() + PATIENCE_MS;
	pid_t tid;
	FILE *f;

	snprintf(wanted, sizeof(wanted), "%d ", row_call[use->row]);
	do {
		usleep(2000);
		tid = __atomic_load_n(&use->tid, __ATOMIC_ACQUIRE);
		snprintf(path, sizeof(path), "/proc/self/task/%d/syscall",
			 tid);
		f = tid ? fopen(path, "r") : NULL;
		line[0] = 0;
		if (f) {
			if (!fgets(line, sizeof(line), f))
				line[0] = 0;
			fclose(f);
		}
		if (now_ms() > end)
			give_up("%s does not block: %s", row_names[use->row],
				line);
	} while (strncmp(line, wanted, strlen(wanted)));
}

static void start_uses(enum column column, int looping)
{
	int row;

	stop_looping = 0;
	memset(uses, 0, sizeof(uses));
	for (row = 0; row < ROWS; row++) {
		allowed[row] = ends_of(column, row);
		uses[row].row = row;
		uses[row].looping = looping;
		if (pthread_create(&uses[row].thread, NULL, use_thread,
				   &uses[row]))
			give_up("thread");
	}
	for (row = 0; row < ROWS; row++) {
		if (!looping) {
			wait_until_blocked(&uses[row]);
			continue;
		}
		while (__atomic_load_n(&uses[row].right, __ATOMIC_ACQUIRE) < 2)
			usleep(1000);
	}
}

static void join_uses(void)
{
	int row;

	__atomic_store_n(&stop_looping, 1, __ATOMIC_RELEASE);
	for (row = 0; row < ROWS; row++)
		pthread_join(uses[row].thread, NULL);
}

/* --- what happens to them -------------------------------------------------------- */

static char pci_device[64];
static int unexpected;		/* of teardowns and of what they left */

static void expect(int holds, const char *what)
{
	if (holds)
		return;
	printf("# %s\n", what);
	unexpected++;
}

static int delete_module(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}

static void driver_do(const char *what)
{
	char command[256];

	snprintf(command, sizeof(command), "echo %s >" PCI_DRIVER "%s",
		 pci_device, what);
	run(command);
}

/* Whoever is in the middle of a call with it keeps it until he is done. */
static void revoke_keys(void)
{
	keyctl_revoke(world.dm_key);	/* once: dm-crypt has a copy */
	expect(!keyctl_revoke(world.key) && !keyctl_revoke(world.alg_key),
	       "a key cannot be revoked");
}

/* Nor does anybody else use them any more. */
static void expect_revoked(void)
{
	expect(by_pkey_sign() == EKEYREVOKED, "a revoked key signs");
	expect(by_alg() == EKEYREVOKED, "a revoked key enciphers");
	keyctl_unlink(world.key, KEY_SPEC_SESSION_KEYRING);
	keyctl_unlink(world.alg_key, KEY_SPEC_SESSION_KEYRING);
	world.key = 0;
	world.alg_key = 0;
}

static void tear_down(enum column column, int looping)
{
	switch (column) {
	case UNBIND:
		driver_do("unbind");
		break;
	case KILL:
		hsm("kill9");
		break;
	case CLOSE:
		if (!looping)
			close_all();
		break;
	case REVOKE:
		revoke_keys();
		break;
	case RMMOD_CORE:
		expect(delete_module("cryptech") == EWOULDBLOCK,
		       "the core can be unloaded");
		break;
	case RMMOD_BUS:
		expect(delete_module("cryptech_pci") == 0,
		       "the transport cannot be unloaded");
		expect(delete_module("cryptech") == EWOULDBLOCK,
		       "the core can be unloaded while it is used");
		break;
	default:
		give_up("column");
	}
}

static void put_back(enum column column, int looping)
{
	if (column == KILL)
		hsm("start");
	else if (!looping)
		hsm("cont");
	if (column == UNBIND)
		driver_do("bind");
	if (column == RMMOD_BUS)
		run("modprobe cryptech_pci");
}

/* --- what is left ------------------------------------------------------------------ */

static long number_in(const char *path)
{
	FILE *f = fopen(path, "r");
	long n = -1;

	if (!f || fscanf(f, "%ld", &n) != 1)
		give_up("%s", path);
	fclose(f);
	return n;
}

/* Lines of /proc/keys that are keys of ours and of use. */
static int keys_there(void)
{
	FILE *f = fopen("/proc/keys", "r");
	char line[512], flags[16];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, " cryptech ") &&
		     sscanf(line, "%*s %15s", flags) == 1 &&
		     !strpbrk(flags, "RDi");
	if (!f)
		give_up("/proc/keys");
	fclose(f);
	return n;
}

/* How many use the core, and what the HSM holds for them. */
struct holdings {
	long modules;
	long keys;
	long clients;
};

static int look(struct holdings *now, const struct holdings *before)
{
	now->modules = number_in("/sys/module/cryptech/refcnt");
	now->keys = keys_there();
	now->clients = hsm_status(world.typed, CRYPTECH_STATUS_CLIENTS);
	return memcmp(now, before, sizeof(*now));
}

/* All is as it was at first: others give back in their own time. */
static void expect_nothing_left(const struct holdings *before)
{
	struct holdings now;
	int tries = 1000;

	while (look(&now, before) && --tries)
		usleep(10000);
	if (!tries)
		printf("# references %ld, keys %ld, clients %ld; before: "
		       "%ld, %ld, %ld\n", now.modules, now.keys, now.clients,
		       before->modules, before->keys, before->clients);
	expect(tries, "something is left");
}

static void expect_all_work(void)
{
	int row, err;

	for (row = 0; row < ROWS; row++) {
		err = row_run[row]();
		if (err)
			printf("# %s: %s\n", row_names[row], strerror(err));
		expect(!err, "it does not work again");
	}
}

/* --- rounds --------------------------------------------------------------------------- */

static unsigned int bad[COLUMNS][2][ROWS];

static void judge(enum column column, int looping)
{
	struct use *use;

	for (use = uses; use < uses + ROWS; use++) {
		if (use->bad)
			printf("# %s: %s\n", row_names[use->row],
			       use->last_bad == WRONG ? "a wrong answer" :
			       strerror(use->last_bad));
		if (use->slowest_ms > PATIENCE_MS)
			printf("# %s took %lld ms\n", row_names[use->row],
			       (long long)use->slowest_ms);
		bad[column][looping][use->row] += use->bad ||
			use->slowest_ms > PATIENCE_MS;
	}
}

/* Everything that a process had open is closed when it is killed. */
static void killed_while_looping(void)
{
	int pipes[2], status;
	char byte = 0;
	pid_t pid;

	if (pipe(pipes))
		give_up("pipe");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		start_uses(CLOSE, 1);
		if (write(pipes[1], &byte, 1) != 1)
			_exit(1);
		join_uses();
	}
	close(pipes[1]);
	close_all();
	expect(read(pipes[0], &byte, 1) == 1, "the process is not at work");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	expect(WIFSIGNALED(status), "the process ended by itself");
	close(pipes[0]);
}

static void round_of(enum column column, int looping,
		     const struct holdings *before)
{
	if (column == CLOSE && looping) {
		memset(uses, 0, sizeof(uses));
		killed_while_looping();
	} else {
		if (!looping)
			hsm("stop");
		start_uses(column, looping);
		tear_down(column, looping);
		put_back(column, looping);
		join_uses();
		judge(column, looping);
	}
	if (column == REVOKE)
		expect_revoked();
	make_ready();
	expect_nothing_left(before);
	expect_all_work();
}

static void tell(enum column column, int looping, int rounds, int failed)
{
	int row;

	for (row = 0; row < ROWS; row++)
		if (has_cell(column, row))
			point_is(bad[column][looping][row], 0,
				 "%s, %s: %s, %d times", row_names[row],
				 looping ? "again and again" : "blocked",
				 column_names[column], rounds);
	point_is(failed, 0, "%s: nothing is left, all work again",
		 column_names[column]);
}

static void read_pci_device(void)
{
	FILE *f = popen("basename $(readlink "
			"/sys/class/cryptech/cryptech0/device)", "r");

	if (!f || fscanf(f, "%63s", pci_device) != 1)
		give_up("PCI device");
	pclose(f);
}

/* When nobody uses anything any more, both modules can go. */
static void end(void)
{
	int tries = 500;

	close_all();
	point_is(dm_unmap(), 0, "the disk is unmapped");
	run("losetup -d " DM_LOOP);
	keyctl_unlink(world.key, KEY_SPEC_SESSION_KEYRING);
	keyctl_unlink(world.alg_key, KEY_SPEC_SESSION_KEYRING);
	point_is(delete_module("cryptech_pci"), 0, "the transport goes");
	/* keys are collected in their own time */
	while (delete_module("cryptech") && --tries)
		usleep(10000);
	point(tries > 0, "and the core, which nobody holds");
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;
	int column, looping, n, failed;
	struct holdings before;

	run("modprobe -a cryptech_pci loop dm-crypt ctr ecb xts");
	make_world();
	read_pci_device();
	look(&before, &before);
	expect_all_work();
	for (column = 0; column < COLUMNS; column++) {
		for (looping = 0; looping < 2; looping++) {
			failed = unexpected;
			for (n = 0; n < rounds; n++)
				round_of(column, looping, &before);
			tell(column, looping, rounds, unexpected - failed);
		}
	}
	end();
	EVP_PKEY_free(world.rsa);
	return keys_end();
}
