// SPDX-License-Identifier: MIT
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cryptech/rpc.h>

#include "files.h"
#include "log.h"

#define IDENTITY_MAX	256

/* --- the platform's operations ------------------------------------------- */

static uint64_t now_ns(void *data)
{
	struct timespec now;

	(void)data;
	/* The clock that also runs while the machine is suspended. */
	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static int mkm_read(void *data, uint8_t key[MASTER_KEY_SIZE])
{
	struct state *state = data;
	ssize_t len = file_read(state->mkm, key, MASTER_KEY_SIZE);

	if (len == MASTER_KEY_SIZE)
		return 0;
	explicit_bzero(key, MASTER_KEY_SIZE);
	return -1;
}

static int mkm_write(void *data, const uint8_t key[MASTER_KEY_SIZE])
{
	struct state *state = data;

	/* Durable in any mode: without it the whole flash is lost. */
	if (!file_replace(state->mkm, key, MASTER_KEY_SIZE, true))
		return 0;
	sim_log_errno("cannot write %s", state->mkm);
	return -1;
}

static int anchor_read(void *data, uint64_t *value)
{
	struct state *state = data;

	*value = state->anchor.value;
	return 0;
}

static int anchor_advance(void *data, uint64_t value)
{
	struct state *state = data;

	if (!anchor_file_advance(&state->anchor, value))
		return 0;
	sim_log_errno("cannot advance the anchor in %s", state->anchor.path);
	return -1;
}

static int factory_pin(void *data, const char *pin)
{
	struct state *state = data;
	char line[128];
	int len, ret;

	if (!pin) {
		if (unlink(state->factory_pin) && errno != ENOENT) {
			sim_log_errno("cannot remove %s", state->factory_pin);
			return -1;
		}
		return 0;
	}
	len = snprintf(line, sizeof(line), "%s\n", pin);
	if (len >= (int)sizeof(line))
		return -1;
	ret = file_replace(state->factory_pin, line, len, state->durable);
	explicit_bzero(line, sizeof(line));
	if (ret)
		sim_log_errno("cannot write %s", state->factory_pin);
	else
		sim_log("the first administrator PIN is in %s",
			state->factory_pin);
	return ret;
}

static int background(void *data, void (*work)(void *arg), void *arg)
{
	struct state *state = data;

	return background_run(state->background, work, arg);
}

static void log_line(void *data, const char *line)
{
	(void)data;
	sim_log("%s", line);
}

/* --- opening ------------------------------------------------------------- */

static int open_folder(const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0700) && errno != EEXIST) {
		sim_log_errno("cannot make the state folder %s", dir);
		return -1;
	}
	if (stat(dir, &st) || !S_ISDIR(st.st_mode)) {
		sim_log("%s is not a folder", dir);
		return -1;
	}
	if (st.st_uid != geteuid()) {
		sim_log("the state folder %s belongs to another user; "
			"run as that user", dir);
		return -1;
	}
	if (st.st_mode & 077) {
		sim_log("the state folder %s is open to others; "
			"do: chmod 700 %s", dir, dir);
		return -1;
	}
	return 0;
}

/* Returns a descriptor that holds the lock, or -1. */
static int lock_folder(const char *dir)
{
	char *path = path_join(dir, "lock");
	int fd;

	if (!path)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		sim_log_errno("cannot open %s", path);
	} else if (flock(fd, LOCK_EX | LOCK_NB)) {
		char owner[32] = "";

		if (pread(fd, owner, sizeof(owner) - 1, 0) > 0)
			owner[strcspn(owner, "\n")] = 0;
		sim_log("%s is in use by process %s; one HSM, one process",
			dir, owner[0] ? owner : "(unknown)");
		close(fd);
		fd = -1;
	} else if (ftruncate(fd, 0) || dprintf(fd, "%d\n", getpid()) < 0) {
		sim_log_errno("cannot write %s", path);
		close(fd);
		fd = -1;
	}
	free(path);
	return fd;
}

/* What the identity file has to say for the image of @st. */
static int identity_text(const struct stat *st, char text[IDENTITY_MAX])
{
	char machine[64] = "";
	ssize_t len = file_read("/etc/machine-id", machine,
				sizeof(machine) - 1);

	machine[len > 0 ? len : 0] = 0;
	machine[strcspn(machine, "\n")] = 0;
	return snprintf(text, IDENTITY_MAX, "machine %s\nflash %llu:%llu\n",
			machine[0] ? machine : "none",
			(unsigned long long)st->st_dev,
			(unsigned long long)st->st_ino);
}

static int identity_write(const char *path, const struct stat *st)
{
	char text[IDENTITY_MAX];
	int len = identity_text(st, text);

	if (!file_replace(path, text, len, true))
		return 0;
	sim_log_errno("cannot write %s", path);
	return -1;
}

/* 1: it fits; 0: it does not, or there is none. */
static int identity_fits(const char *path, const struct stat *st)
{
	char text[IDENTITY_MAX], found[IDENTITY_MAX];
	ssize_t len = file_read(path, found, sizeof(found));

	return len == identity_text(st, text) && !memcmp(text, found, len);
}

/*
 * A new image: erased under another name, its identity noted, and only then
 * put into place. So an image without its identity is none of ours, and an
 * identity without an image and without a half-made one tells of a loss.
 */
static int new_flash(const char *image, const char *identity, bool adopt)
{
	char *fresh = NULL;
	struct stat st;
	int ret = -1;

	if (asprintf(&fresh, "%s.new", image) < 0)
		return -1;
	if (!access(identity, F_OK) && access(fresh, F_OK) && !adopt) {
		sim_log("%s is gone. Put it back; or, to begin with an empty HSM, "
			"use --adopt or another state folder", image);
		goto out;
	}
	unlink(fresh);
	if (flash_file_create(fresh) || stat(fresh, &st)) {
		sim_log_errno("cannot make %s (16 MiB)", fresh);
		goto out;
	}
	if (identity_write(identity, &st))
		goto out;
	if (rename(fresh, image) || folder_sync(image)) {
		sim_log_errno("cannot make %s", image);
		goto out;
	}
	ret = 0;
out:
	free(fresh);
	return ret;
}

static int check_identity(const char *image, const char *identity, bool adopt)
{
	struct stat st;

	if (stat(image, &st)) {
		sim_log_errno("cannot read %s", image);
		return -1;
	}
	if (identity_fits(identity, &st))
		return 0;
	if (adopt) {
		sim_log("adopting %s", image);
		return identity_write(identity, &st);
	}
	sim_log("%s was copied or moved: it is not the file, or this is not the "
		"machine, that %s tells of. Two copies of one HSM, or an old one, "
		"can break keys. If this is the only and newest one, use --adopt",
		image, identity);
	return -1;
}

static int open_flash(struct state *state, const struct options *options)
{
	char *image = path_join(options->state, "flash.img");
	char *identity = path_join(options->state, "identity");
	int ret = -1;

	if (!image || !identity)
		goto out;
	if (access(image, F_OK) &&
	    new_flash(image, identity, options->adopt))
		goto out;
	if (check_identity(image, identity, options->adopt))
		goto out;
	ret = flash_file_open(&state->flash, image, options->durable);
	if (ret)
		sim_log_errno("cannot use %s, an image of %d bytes", image,
			      FLASH_FILE_SIZE);
out:
	free(image);
	free(identity);
	return ret;
}

/* A file of secrets that others may read is not one. */
static int check_mkm(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return 0;	/* not there yet; the HSM decides */
	if (!S_ISREG(st.st_mode) || (st.st_size != MASTER_KEY_SIZE &&
				     st.st_size != SEALED_KEY_SIZE)) {
		sim_log("%s is not a master key, a file of %d bytes, or %d if "
			"an FPGA sealed it", path, MASTER_KEY_SIZE,
			SEALED_KEY_SIZE);
		return -1;
	}
	if (st.st_mode & 077) {
		sim_log("the master key %s is open to others; do: chmod 600 %s",
			path, path);
		return -1;
	}
	return 0;
}

static void fill_platform(struct state *state)
{
	bool anchored = state->anchor.path;

	state->platform = (struct platform){
		.data = state,
		.flash = &state->flash.flash,
		.now_ns = now_ns,
		.mkm_read = mkm_read,
		.mkm_write = mkm_write,
		.anchor_kind = anchored ? CRYPTECH_FRESH_FILE :
					  CRYPTECH_FRESH_NONE,
		.anchor_read = anchored ? anchor_read : NULL,
		.anchor_advance = anchored ? anchor_advance : NULL,
		.factory_pin = factory_pin,
		.cores = 1,
		.simulator = true,
		.log = log_line,
	};
}

int state_start_background(struct state *state, unsigned int cores)
{
	state->background = background_start(cores);
	if (!state->background)
		return -1;
	state->platform.background = background;
	state->platform.cores = cores;
	return 0;
}

void state_stop_background(struct state *state)
{
	background_stop(state->background);
	state->background = NULL;
	state->platform.background = NULL;
}

int state_open(struct state *state, const struct options *options)
{
	*state = (struct state){ .durable = options->durable, .lock = -1 };
	if (open_folder(options->state))
		return -1;
	state->lock = lock_folder(options->state);
	if (state->lock < 0)
		return -1;
	state->mkm = options->mkm ? strdup(options->mkm) :
				    path_join(options->state, "mkm");
	state->factory_pin = path_join(options->state, "factory-pin");
	if (!state->mkm || !state->factory_pin)
		goto fail;
	if (check_mkm(state->mkm))
		goto fail;
	if (open_flash(state, options))
		goto fail;
	if (anchor_file_open(&state->anchor, options->anchor,
			     options->durable)) {
		sim_log_errno("cannot use the anchor %s, a file of 32 bytes",
			      options->anchor);
		goto fail_flash;
	}
	fill_platform(state);
	return 0;

fail_flash:
	flash_file_close(&state->flash);
fail:
	free(state->mkm);
	free(state->factory_pin);
	close(state->lock);
	return -1;
}

void state_close(struct state *state)
{
	anchor_file_close(&state->anchor);
	flash_file_close(&state->flash);
	free(state->mkm);
	free(state->factory_pin);
	close(state->lock);
}
