// SPDX-License-Identifier: MIT
#include "fpga_sim.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../fpga/top/tb/board.h"

#define MEMORY_SIZE	8192	/* of a 23K640 */
#define WAIT_CYCLES	1000

/* Bits of the kernel's generator stand for the rings. */
class Noise {
public:
	bool still = false;

	bool bit()
	{
		if (at == 8 * sizeof(bytes)) {
			if (getrandom(bytes, sizeof(bytes), 0) !=
			    (ssize_t)sizeof(bytes))
				abort();
			at = 0;
		}
		at++;
		return !still && (bytes[(at - 1) / 8] >> (at - 1) % 8 & 1);
	}

private:
	uint8_t bytes[256];
	size_t at = 8 * sizeof(bytes);
};

struct fpga_sim {
	uint8_t *memory;
	bool durable;
	bool written = false;
	Noise noise;
	std::unique_ptr<Board> board;
};

static int transfer(void *data, const uint8_t *out, uint8_t *in, size_t len)
{
	fpga_sim *sim = (fpga_sim *)data;

	sim->board->transfer(out, in, len);
	if (!sim->written || !sim->durable)
		return 0;
	sim->written = false;
	return msync(sim->memory, MEMORY_SIZE, MS_SYNC);
}

static void pass_time(void *data)
{
	((fpga_sim *)data)->board->run(WAIT_CYCLES);
}

/* The file, which a chip that is new fills with zeros. */
static uint8_t *map_memory(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;
	void *memory = MAP_FAILED;

	if (fd < 0)
		return nullptr;
	if (!fstat(fd, &st)) {
		errno = EFBIG;
		if ((st.st_size == MEMORY_SIZE ||
		     (!st.st_size && !ftruncate(fd, MEMORY_SIZE))))
			memory = mmap(nullptr, MEMORY_SIZE,
				      PROT_READ | PROT_WRITE, MAP_SHARED, fd,
				      0);
	}
	close(fd);
	return memory == MAP_FAILED ? nullptr : (uint8_t *)memory;
}

struct fpga_sim *fpga_sim_open(const char *path, bool durable, struct spi *spi)
{
	uint8_t *memory = map_memory(path);
	fpga_sim *sim;

	if (!memory)
		return nullptr;
	sim = new fpga_sim;
	sim->memory = memory;
	sim->durable = durable;
	sim->board = std::make_unique<Board>(memory, MEMORY_SIZE, [sim] {
		return sim->noise.bit();
	});
	sim->board->sram.written = [sim](size_t) { sim->written = true; };
	spi->data = sim;
	spi->transfer = transfer;
	spi->wait = pass_time;
	return sim;
}

void fpga_sim_close(struct fpga_sim *sim)
{
	if (!sim)
		return;
	munmap(sim->memory, MEMORY_SIZE);
	delete sim;
}

void fpga_sim_reset(struct fpga_sim *sim)
{
	sim->board->power_up();
}

void fpga_sim_tamper(struct fpga_sim *sim)
{
	sim->board->tamper(true);
	sim->board->run(20000);
	sim->board->tamper(false);
}

void fpga_sim_still(struct fpga_sim *sim)
{
	sim->noise.still = true;
}
