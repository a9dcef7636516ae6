// SPDX-License-Identifier: MIT
/*
 * --fpga: whose master key a state folder has, and what becomes of an HSM whose
 * FPGA is lost. A program stands for the design.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cryptech/xdr.h>

#include "../hsm/hsm.h"
#include "../platform/sim/files.h"
#include "../platform/sim/fpga.h"
#include "sim_box.h"
#include "tap.h"

static struct state state;
static struct options options;
static struct fpga_port port;
static const uint8_t key[MASTER_KEY_SIZE] = "the firmware's own master key..";

/* A folder of its own for each test. */
static void fresh(void)
{
	static char name[16];
	static int n;

	snprintf(name, sizeof(name), "fpga%d", n++);
	options = (struct options){ .state = name, .fpga = "sim" };
}

static char *in_state(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", options.state, name);
	return path;
}

static bool power_on(void)
{
	if (state_open(&state, &options))
		return false;
	if (!fpga_port_open(&port, &options, &state))
		return true;
	state_close(&state);
	return false;
}

static void power_off(void)
{
	fpga_port_close(&port);
	state_close(&state);
}

static bool keeps(const uint8_t *wanted)
{
	uint8_t got[MASTER_KEY_SIZE];

	return !state.platform.mkm_read(&state, got) &&
	       !memcmp(got, wanted, sizeof(got));
}

static size_t size_of_key(void)
{
	uint8_t data[100];
	ssize_t len = file_read(in_state("mkm"), data, sizeof(data));

	for (ssize_t i = 0; i + 8 <= len; i++)
		if (len > MASTER_KEY_SIZE)
			EXPECT(memcmp(data + i, key, 8));
	return len;
}

static bool make(void)
{
	if (!power_on())
		return false;
	if (!state.platform.mkm_write(&state, key))
		return true;
	power_off();
	return false;
}

/* --- whose key -------------------------------------------------------------------- */

static void sealed_and_opened(void)
{
	uint8_t none[MASTER_KEY_SIZE];
	struct fpga_state now;

	fresh();
	REQUIRE(power_on());
	EXPECT_EQ(state.platform.mkm_read(&state, none), -1);
	power_off();
	REQUIRE(make());
	EXPECT(keeps(key));
	fpga_look(port.fpga, &now);
	EXPECT_EQ(now.error, 0);
	EXPECT((now.status & (FPGA_STATUS_MASTER | FPGA_STATUS_ENTERED)) ==
	       FPGA_STATUS_MASTER);
	power_off();
	EXPECT_EQ(size_of_key(), 48);
	REQUIRE(power_on());
	EXPECT(keeps(key));
	power_off();
}

static void not_without(void)
{
	fresh();
	REQUIRE(make());
	power_off();
	options.fpga = NULL;
	EXPECT(!power_on());
	options.fpga = "spidev:/nowhere";
	EXPECT(!power_on());
	options.fpga_lost_serve = true;
	EXPECT(!power_on());
	options.fpga = "sim";
	REQUIRE(power_on());
	EXPECT(keeps(key));
	/* It stays sealed. */
	EXPECT_EQ(state.platform.mkm_write(&state, key), 0);
	power_off();
	EXPECT_EQ(size_of_key(), 48);
}

static void not_with_another(void)
{
	uint8_t none[MASTER_KEY_SIZE];

	fresh();
	REQUIRE(make());
	power_off();
	/* A tamper memory that is empty: it does not get a key of its own. */
	EXPECT_EQ(rename(in_state("tamper-memory"), "right"), 0);
	EXPECT(!power_on());
	EXPECT(!power_on());
	EXPECT_EQ(size_of_key(), 48);
	/* One of another FPGA. */
	EXPECT_EQ(rename(in_state("mkm"), "mkm"), 0);
	REQUIRE(power_on());
	power_off();
	EXPECT_EQ(rename("mkm", in_state("mkm")), 0);
	REQUIRE(power_on());
	EXPECT_EQ(state.platform.mkm_read(&state, none), -1);
	power_off();
	EXPECT_EQ(rename("right", in_state("tamper-memory")), 0);
	REQUIRE(power_on());
	EXPECT(keeps(key));
	power_off();
}

static void entered(void)
{
	static const uint8_t theirs[32] = "a key that its owner has, too..";
	struct fpga_state now;

	fresh();
	EXPECT_EQ(file_replace("theirs", theirs, 32, false), 0);
	EXPECT_EQ(file_replace("short", theirs, 31, false), 0);
	options.fpga_enter = "short";
	EXPECT(!power_on());
	options.fpga_enter = "theirs";
	REQUIRE(make());
	fpga_look(port.fpga, &now);
	EXPECT(now.status & FPGA_STATUS_ENTERED);
	power_off();
	EXPECT(!power_on());		/* it has one */
	/* That FPGA dies; the next one gets its key. */
	EXPECT_EQ(unlink(in_state("tamper-memory")), 0);
	REQUIRE(power_on());
	EXPECT(keeps(key));
	power_off();
	options.fpga_enter = NULL;
	REQUIRE(power_on());
	EXPECT(keeps(key));
	power_off();
}

static void in_the_open(void)
{
	fresh();
	options.fpga = NULL;
	REQUIRE(make());
	EXPECT(!state.platform.fpga);
	power_off();
	EXPECT_EQ(size_of_key(), 32);
	options.fpga = "sim";
	EXPECT(!power_on());
	EXPECT(access(in_state("tamper-memory"), F_OK));
	options.fpga_lost_serve = true;
	REQUIRE(power_on());
	EXPECT(keeps(key));
	EXPECT_EQ(state.platform.mkm_write(&state, key), 0);
	power_off();
	EXPECT_EQ(size_of_key(), 32);
	options.fpga = NULL;
	REQUIRE(power_on());
	EXPECT(keeps(key));
	power_off();
}

static void damaged_file(void)
{
	uint8_t data[48], none[MASTER_KEY_SIZE];

	fresh();
	REQUIRE(make());
	power_off();
	REQUIRE(file_read(in_state("mkm"), data, 48) == 48);
	for (int i = 8; i < 48; i += 3) {
		data[i] ^= 1;
		EXPECT_EQ(file_replace(in_state("mkm"), data, 48, false), 0);
		REQUIRE(power_on());
		EXPECT_EQ(state.platform.mkm_read(&state, none), -1);
		power_off();
		data[i] ^= 1;
	}
	data[0] ^= 1;
	EXPECT_EQ(file_replace(in_state("mkm"), data, 48, false), 0);
	EXPECT(!power_on());
}

/* --- an HSM that loses it ---------------------------------------------------------- */

static struct hsm *hsm;
static uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
static struct xdr_reader results;

static int ask(uint32_t function, const char *args, size_t len)
{
	uint8_t request[64];
	struct xdr_writer w;

	xdr_writer_init(&w, request, sizeof(request));
	xdr_put_u32(&w, function);
	xdr_put_u32(&w, 77);
	if (len)
		memcpy(xdr_put_raw(&w, len), args, len);
	xdr_reader_init(&results, reply,
			hsm_call(hsm, HSM_PORT_SOCKET, request,
				 xdr_written(&w), reply));
	xdr_get_raw(&results, 8);
	return xdr_get_u32(&results);
}

static uint64_t figure(uint32_t tag)
{
	uint64_t value = UINT64_MAX;
	size_t len;

	if (ask(CRYPTECH_RPC_STATUS, NULL, 0))
		return value;
	xdr_get_opaque(&results, &len);
	xdr_get_opaque(&results, &len);
	for (uint32_t n = xdr_get_u32(&results); n; n--) {
		bool found = xdr_get_u32(&results) == tag;
		uint64_t seen = xdr_get_u64(&results);

		if (found)
			value = seen;
	}
	return value;
}

static int get_random(void)
{
	return ask(CRYPTECH_RPC_GET_RANDOM, "\0\0\0\20", 4);
}

/* No FACTORY function; nobody has logged in, so that it is refused anyway: with
 * another error. */
static int other(void)
{
	return ask(CRYPTECH_RPC_KEY_LIST, "\0\0\0\0\0\0\0\1", 8);
}

static bool hsm_on(bool serve)
{
	static const struct hsm_config config = {
		.libhal_compat = true, .pin_iterations = 2,
	};

	fresh();
	options.fpga_lost_serve = serve;
	if (!power_on())
		return false;
	hsm = hsm_start(&state.platform, &config);
	return hsm;
}

static void hsm_off(void)
{
	hsm_stop(hsm);
	power_off();
}

static void told_in_status(void)
{
	REQUIRE(hsm_on(false));
	EXPECT_EQ(figure(CRYPTECH_STATUS_FPGA), CRYPTECH_FPGA_WORKS);
	EXPECT_EQ(figure(CRYPTECH_STATUS_FPGA_ERROR), 0);
	EXPECT_EQ(figure(CRYPTECH_STATUS_FPGA_VERSION), 1);
	EXPECT(figure(CRYPTECH_STATUS_FPGA_STATUS) & FPGA_STATUS_MASTER);
	EXPECT(figure(CRYPTECH_STATUS_FPGA_FRAMES) > 100);
	EXPECT_EQ(figure(CRYPTECH_STATUS_FPGA_DAMAGED), 0);
	EXPECT_EQ(get_random(), 0);
	EXPECT_EQ(other(), CRYPTECH_ERR_FORBIDDEN);	/* logged in? */
	hsm_off();
}

static void refused(void)
{
	REQUIRE(hsm_on(false));
	fpga_sim_reset(port.sim);
	EXPECT_EQ(figure(CRYPTECH_STATUS_FPGA), CRYPTECH_FPGA_REFUSED);
	EXPECT_EQ(figure(CRYPTECH_STATUS_FPGA_ERROR),
		  CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT_EQ(other(), CRYPTECH_ERR_CORE_NOT_FOUND);
	EXPECT_EQ(get_random(), CRYPTECH_ERR_CSPRNG_BROKEN);
	EXPECT_EQ(ask(CRYPTECH_RPC_GET_VERSION, NULL, 0), 0);
	hsm_off();
}

static void refused_for_noise(void)
{
	uint64_t error = 0;

	REQUIRE(hsm_on(false));
	fpga_sim_still(port.sim);
	/* Its tests count bits: looking lets time pass. */
	for (int i = 0; i < 64 && !error; i++)
		error = figure(CRYPTECH_STATUS_FPGA_ERROR);
	EXPECT_EQ(error, CRYPTECH_ERR_CSPRNG_BROKEN);
	EXPECT_EQ(other(), CRYPTECH_ERR_CSPRNG_BROKEN);
	EXPECT_EQ(get_random(), CRYPTECH_ERR_CSPRNG_BROKEN);
	hsm_off();
}

static void served(void)
{
	REQUIRE(hsm_on(true));
	EXPECT_EQ(size_of_key(), 32);
	fpga_sim_tamper(port.sim);
	EXPECT_EQ(figure(CRYPTECH_STATUS_FPGA), CRYPTECH_FPGA_SERVED);
	EXPECT_EQ(figure(CRYPTECH_STATUS_FPGA_ERROR), CRYPTECH_ERR_TAMPER);
	EXPECT_EQ(other(), CRYPTECH_ERR_FORBIDDEN);
	EXPECT_EQ(get_random(), 0);
	hsm_off();
	/* And from the start, where there is none. */
	options.fpga = "spidev:/nowhere";
	REQUIRE(power_on());
	hsm = hsm_start(&state.platform, &(struct hsm_config){ 0 });
	REQUIRE(hsm);
	EXPECT_EQ(figure(CRYPTECH_STATUS_FPGA), CRYPTECH_FPGA_SERVED);
	EXPECT_EQ(figure(CRYPTECH_STATUS_FPGA_ERROR),
		  CRYPTECH_ERR_IO_UNEXPECTED);
	EXPECT_EQ(get_random(), 0);
	hsm_off();
}

/* What two generators give is xored: bytes of the one alone never come out. */
static void random_is_mixed(void)
{
	uint8_t zeros[64] = { 0 }, again[64] = { 0 }, many[70000] = { 0 };
	struct fpga_state before, after;

	fresh();
	REQUIRE(power_on());
	EXPECT_EQ(fpga_mix(port.fpga, zeros, sizeof(zeros)), 0);
	EXPECT_EQ(fpga_mix(port.fpga, again, sizeof(again)), 0);
	EXPECT(memcmp(zeros, again, sizeof(zeros)));
	EXPECT(memcmp(zeros, zeros + 32, 32));
	fpga_look(port.fpga, &before);
	EXPECT_EQ(fpga_mix(port.fpga, again, sizeof(again)), 0);
	fpga_look(port.fpga, &after);
	EXPECT_EQ(after.frames - before.frames, 2);	/* looking itself */
	EXPECT_EQ(fpga_mix(port.fpga, many, sizeof(many)), 0);
	EXPECT_EQ(fpga_mix(port.fpga, again, sizeof(again)), 0);
	fpga_look(port.fpga, &before);
	EXPECT(before.frames > after.frames + 3 * 8);	/* words were drawn */
	power_off();
}

int main(void)
{
	box_open();
	umask(077);
	/* What is refused is told there. */
	if (!freopen("log", "w", stderr))
		return 1;
	RUN(sealed_and_opened);
	RUN(not_without);
	RUN(not_with_another);
	RUN(entered);
	RUN(in_the_open);
	RUN(damaged_file);
	RUN(told_in_status);
	RUN(refused);
	RUN(refused_for_noise);
	RUN(served);
	RUN(random_is_mixed);
	box_close();
	return tap_done();
}
