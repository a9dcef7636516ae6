// SPDX-License-Identifier: GPL-2.0
/*
 * A disk that dm-crypt encrypts with a key of the HSM:
 *
 *	ext2 -> dm-crypt, capi:xts(paes)-plain64 -> loop -> a file in memory
 *	              |
 *	             HSM
 *
 * What lies on the disk is what OpenSSL makes of it with the same key; under
 * memory pressure nothing is lost; when the HSM dies I/O fails, nothing hangs,
 * each block is as before or as written, and it goes on when the HSM is back.
 */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include <openssl/rand.h>

#include "alg_keys.h"
#include "dmcrypt.h"

#define MOUNT		"/tmp/mnt"
#define FILES		8
#define BLOCK		4096
#define BLOCKS		(DISK_SIZE / BLOCK)
#define ROUNDS		2

static unsigned char key[64], token[48];
static unsigned char disk[DISK_SIZE], plain[DISK_SIZE];
static unsigned char *block;		/* aligned for O_DIRECT */

/* --- what lies on the disk ------------------------------------------------- */

static void load_file(const char *path, unsigned char *to)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t n;

	while (fd >= 0 && done < DISK_SIZE) {
		n = read(fd, to + done, DISK_SIZE - done);
		if (n <= 0)
			give_up("read %s", path);
		done += n;
	}
	close(fd);
}

/* Sectors that are not what OpenSSL has: IEEE 1619 with the number as tweak. */
static int sectors_that_differ(void)
{
	EVP_CIPHER *xts = EVP_CIPHER_fetch(NULL, "AES-256-XTS", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char tweak[16] = {}, out[SECTOR];
	unsigned long long sector;
	int n, bad = 0, clear = 0;

	run("sync; echo 3 >/proc/sys/vm/drop_caches");
	load_file(DM_DISK, disk);
	load_file(DM_NODE, plain);
	for (sector = 0; sector < SECTORS; sector++) {
		memcpy(tweak, &sector, sizeof(sector));
		if (!EVP_DecryptInit_ex2(ctx, xts, key, tweak, NULL) ||
		    !EVP_DecryptUpdate(ctx, out, &n, disk + sector * SECTOR,
				       SECTOR))
			give_up("OpenSSL XTS");
		bad += memcmp(out, plain + sector * SECTOR, SECTOR) != 0;
		clear += !memcmp(disk + sector * SECTOR,
				 plain + sector * SECTOR, SECTOR);
	}
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(xts);
	point_is(clear, 0, "no sector lies in the clear");
	return bad;
}

/* --- files ------------------------------------------------------------------ */

static size_t file_size(int i)
{
	return 1 + i * 31337;
}

static int file_do(int i, int write_it)
{
	static unsigned char data[FILES * 31337], there[FILES * 31337];
	size_t len = file_size(i), k;
	char path[64];
	int fd, err = 0;

	for (k = 0; k < len; k++)
		data[k] = k * (i + 3) >> 3 ^ k;
	snprintf(path, sizeof(path), MOUNT "/file%d", i);
	fd = open(path, write_it ? O_WRONLY | O_CREAT | O_CLOEXEC :
				   O_RDONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	if (write_it)
		err = write(fd, data, len) != (ssize_t)len || fsync(fd);
	else
		err = read(fd, there, len) != (ssize_t)len ||
		      memcmp(there, data, len);
	close(fd);
	return err ? errno ? errno : EIO : 0;
}

static void write_files(void)
{
	int i, bad = 0;

	for (i = 0; i < FILES; i++)
		bad += file_do(i, 1) != 0;
	point_is(bad, 0, "%d files are written", FILES);
}

static void read_files(const char *when)
{
	int i, bad = 0;

	run("echo 3 >/proc/sys/vm/drop_caches");
	for (i = 0; i < FILES; i++)
		bad += file_do(i, 0) != 0;
	point_is(bad, 0, "%s: the files are as they were written", when);
}

static int mount_it(void)
{
	return mount(DM_NODE, MOUNT, "ext2", 0, NULL) ? errno : 0;
}

static int unmount_it(void)
{
	int tries = 500, err;

	do {
		err = umount(MOUNT) ? errno : 0;
	} while (err == EBUSY && --tries && !usleep(10000));
	return err;
}

static void file_system(void)
{
	point_is(dm_map(token, SECTOR), 0, "mapped by a token");
	run("mke2fs -q -b 4096 " DM_NODE " >/dev/null");
	point_is(mount_it(), 0, "formatted and mounted");
	write_files();
	read_files("with no cache");
	point_is(unmount_it(), 0, "unmounted");
	point_is(sectors_that_differ(), 0,
		 "all %d sectors are what OpenSSL has", SECTORS);
	point_is(dm_unmap(), 0, "unmapped");
	point_is(dm_map(token, SECTOR), 0, "mapped again");
	point_is(mount_it(), 0, "and mounted");
	read_files("mapped anew");
}

/* --- memory pressure ----------------------------------------------------------- */

/* Takes what memory there is, again and again, until it is killed. */
static pid_t start_hog(void)
{
	struct sysinfo info;
	size_t len, at;
	pid_t pid = fork();
	char *memory;

	if (pid)
		return pid;
	run("echo 1000 >/proc/self/oom_score_adj");
	while (!sysinfo(&info)) {
		len = info.freeram > (16 << 20) ? info.freeram - (8 << 20) :
						  8 << 20;
		memory = mmap(NULL, len, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			continue;
		for (at = 0; at < len; at += 4096)
			memory[at] = 1;
		munmap(memory, len);
	}
	_exit(1);
}

/* Dirty pages on the disk while there is hardly a free one. */
static void pressure(void)
{
	pid_t hog = start_hog();
	int round;

	for (round = 0; round < ROUNDS; round++) {
		write_files();
		read_files("while memory is short");
	}
	kill(hog, SIGKILL);
	waitpid(hog, NULL, 0);
	read_files("afterwards");
	point_is(unmount_it(), 0, "unmounted");
	point_is(sectors_that_differ(), 0,
		 "all sectors are what OpenSSL has");
	point_is(dm_unmap(), 0, "unmapped");
}

/* --- the HSM dies ----------------------------------------------------------------- */

static int block_io(int fd, int number, int generation, int write_it)
{
	ssize_t n;

	if (write_it) {
		memset(block, generation, BLOCK);
		memcpy(block, &number, sizeof(number));
		n = pwrite(fd, block, BLOCK, (off_t)number * BLOCK);
	} else {
		n = pread(fd, block, BLOCK, (off_t)number * BLOCK);
	}
	return n == BLOCK ? 0 : n < 0 ? errno : EIO;
}

/* Which generation a block is whole of; -1: none. */
static int generation_of(int number)
{
	size_t i;

	if (memcmp(block, &number, sizeof(number)))
		return -1;
	for (i = sizeof(number); i < BLOCK; i++)
		if (block[i] != block[BLOCK - 1])
			return -1;
	return block[BLOCK - 1];
}

static int generations(int fd, const int *acked, int old, int new)
{
	int number, got, bad = 0;

	for (number = 0; number < BLOCKS; number++) {
		got = block_io(fd, number, 0, 0) ? -1 : generation_of(number);
		bad += acked[number] ? got != new : got != new && got != old;
	}
	return bad;
}

static pid_t kill_hsm_at(int reports)
{
	pid_t pid = fork();
	char byte;

	if (pid)
		return pid;
	if (read(reports, &byte, 1) != 1)
		_exit(1);
	run("hsmctl hsm 0 kill9");
	_exit(0);
}

static void restart_hsm(void)
{
	run("hsmctl hsm 0 start");
	run("n=0; until cryptech kernel-login -p /tmp/.pin.0 2>/dev/null; do "
	    "n=$((n + 1)); [ $n -lt 500 ] || exit 1; usleep 20000; done");
}

/* Each block is written; a third through, the HSM is killed. */
static void dies_while_blocks_are_written(void)
{
	static int acked[BLOCKS];
	int fd = open(DM_NODE, O_RDWR | O_DIRECT | O_CLOEXEC);
	int pipes[2], number, bad = 0, failed = 0, other = 0, err;
	pid_t killer;

	if (fd < 0 || pipe(pipes))
		give_up(DM_NODE);
	for (number = 0; number < BLOCKS; number++)
		bad += block_io(fd, number, 1, 1) != 0;
	point_is(bad, 0, "%d blocks are written", BLOCKS);
	killer = kill_hsm_at(pipes[0]);
	for (number = 0; number < BLOCKS; number++) {
		if (number == BLOCKS / 3 && write(pipes[1], "!", 1) != 1)
			give_up("pipe");
		err = block_io(fd, number, 2, 1);
		acked[number] = !err;
		failed += err == EIO;
		other += err && err != EIO;
		if (number == BLOCKS / 2)
			waitpid(killer, NULL, 0);
	}
	point(failed > 0 && !other, "the HSM dies: %d writes fail with EIO, "
	      "%d otherwise", failed, other);
	point_is(block_io(fd, 0, 0, 0), EIO, "reads fail, too");
	restart_hsm();
	point_is(generations(fd, acked, 1, 2), 0,
		 "each block is as before or as written, all that were "
		 "acknowledged are written");
	bad = 0;
	for (number = 0; number < BLOCKS; number++)
		bad += block_io(fd, number, 3, 1) != 0;
	point_is(bad, 0, "with the HSM back the mapping goes on");
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
}

/* What was written before is there when the HSM is, and nothing else is asked. */
static void dies_under_a_file_system(void)
{
	char byte;
	int fd;

	run("mke2fs -q -b 4096 " DM_NODE " >/dev/null");
	point_is(mount_it(), 0, "mounted");
	write_files();
	fd = open(MOUNT "/file0", O_RDWR | O_CLOEXEC);
	run("sync; echo 3 >/proc/sys/vm/drop_caches");
	hsm("kill9");
	point(read(fd, &byte, 1) < 0 && errno == EIO,
	      "the HSM dies: reading a file fails with EIO");
	point(pwrite(fd, "x", 1, 0) < 0 || fsync(fd), "so does writing one");
	close(fd);
	restart_hsm();
	point_is(unmount_it(), 0, "it can be unmounted");
	point_is(mount_it(), 0, "and mounted again");
	read_files("with the HSM back");
	point_is(unmount_it(), 0, "unmounted");
}

int main(void)
{
	unsigned char uuid[16];
	int hsm_fd;

	run("modprobe -a cryptech loop dm-crypt ext4");
	hsm_fd = keys_session();
	RAND_bytes(key, sizeof(key));
	hsm_load_raw(hsm_fd, CRYPTECH_KEY_AES256_XTS, key, sizeof(key), uuid);
	errno = hsm_token(hsm_fd, uuid, token);
	if (errno || posix_memalign((void **)&block, BLOCK, BLOCK))
		give_up("token");
	run("dd if=/dev/zero of=" DM_DISK " bs=1M count=4 2>/dev/null; "
	    "losetup " DM_LOOP " " DM_DISK "; mkdir " MOUNT);
	dm_open();
	file_system();
	pressure();
	point_is(dm_map(token, BLOCK), 0, "mapped by sectors of 4,096 bytes");
	dies_while_blocks_are_written();
	dies_under_a_file_system();
	point_is(dm_unmap(), 0, "unmapped");
	token[40] ^= 1;
	point_is(dm_map(token, BLOCK), 0, "a token of no key can be mapped");
	point_is(block_io(open(DM_NODE, O_RDONLY | O_DIRECT), 0, 0, 0), EIO,
		 "but nothing is read");
	token[4] ^= 1;
	point_is(dm_unmap(), EBUSY, "while it is open it stays");
	close_range(3, ~0U, 0);
	dm_open();
	point_is(dm_unmap(), 0, "unmapped");
	point_is(dm_map(token, BLOCK), EINVAL, "what is no token cannot");
	run("losetup -d " DM_LOOP);
	return keys_end();
}
