// SPDX-License-Identifier: MIT
/*
 * fakehsm: takes the HSM's place at a mailbox and misbehaves as it is told, so
 * that tests can see what the other side makes of it. Its answers are canned;
 * it keeps no keys.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware/platform/sim/container.h"
#include "fakehsm.h"

static const char help[] =
"Usage: fakehsm --mailbox PATH [BEHAVIOUR]\n"
"\n"
"Takes the HSM's place at mailbox PATH. It answers ATTACH, STATUS,\n"
"GET_VERSION, GET_RANDOM (every byte of the reply is the low byte of the\n"
"length), LOGIN, LOGOUT, LOGOUT_ALL, SET_PIN and IS_LOGGED_IN with success,\n"
"and anything else with NOT_IMPLEMENTED. \"Ordinary\" calls below are all but\n"
"LOGIN, LOGOUT, LOGOUT_ALL, SET_PIN, IS_LOGGED_IN and those of client 0,\n"
"with which a host attaches.\n"
"\n"
"  --reverse N       collect N ordinary calls, answer them last come first\n"
"  --mute            take ordinary calls and never answer; the heart beats\n"
"  --stop-heart      the same, and after ATTACH the heart stands still\n"
"  --late            keep ordinary calls until the host begins a new epoch,\n"
"                    answer them then; later ones are answered well\n"
"  --lie WHAT        in completions of ordinary calls: length (longer than a\n"
"                    slot), slot (one that there is not), call (not the\n"
"                    host's number), seq (an entry skipped)\n"
"  --echo            answer each doorbell by an interrupt, and look at nothing:\n"
"                    what a mailbox can do at best, for bench\n"
"  --flip SECONDS    change random words of the memory for so long, once the\n"
"                    host has attached; then go on without\n"
"  --seed N          of the random numbers (default 1)\n"
"  --side WHAT       words of which side: hsm, host, all (default all)\n";

enum {
	OPT_MAILBOX = 256, OPT_REVERSE, OPT_MUTE, OPT_STOP_HEART, OPT_LATE,
	OPT_LIE, OPT_FLIP, OPT_SEED, OPT_SIDE, OPT_ECHO,
};

static const struct option options_table[] = {
	{ "mailbox", required_argument, NULL, OPT_MAILBOX },
	{ "reverse", required_argument, NULL, OPT_REVERSE },
	{ "mute", no_argument, NULL, OPT_MUTE },
	{ "stop-heart", no_argument, NULL, OPT_STOP_HEART },
	{ "late", no_argument, NULL, OPT_LATE },
	{ "lie", required_argument, NULL, OPT_LIE },
	{ "echo", no_argument, NULL, OPT_ECHO },
	{ "flip", required_argument, NULL, OPT_FLIP },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "side", required_argument, NULL, OPT_SIDE },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

/* --- holding calls back -------------------------------------------------- */

/*
 * A mailbox waits for the end of all calls before it grants a new epoch; ours
 * may never end, so a held call does not count as running.
 */
static void hold(struct fake *fake, struct mailbox_call *call)
{
	struct mailbox *m = fake->mailbox;

	if (fake->held_count == FAKE_HELD_MAX)
		fake->held_count = 0;	/* those of dead epochs, forgotten */
	fake->held[fake->held_count++] = (struct held){
		.call = call, .run = call->run,
		.number = call->call, .slot = call->slot,
	};
	pthread_mutex_lock(&m->lock);
	m->banks[call->bank].inflight--;
	pthread_mutex_unlock(&m->lock);
}

static void answer(struct mailbox_call *call)
{
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	size_t len = canned_reply(call->request, call->length, reply);

	mailbox_answer(call, reply, len);
}

static void answer_held(struct fake *fake, const struct held *held)
{
	struct mailbox *m = fake->mailbox;
	bool valid;

	pthread_mutex_lock(&m->lock);
	valid = held->run == m->run && !m->fault;
	m->banks[m->bank].inflight += valid;
	pthread_mutex_unlock(&m->lock);
	if (valid)
		answer(held->call);
}

/* Calls of the epoch before, in the completion ring of this one. */
static void answer_late(struct fake *fake)
{
	struct mailbox *m = fake->mailbox;

	pthread_mutex_lock(&m->lock);
	for (unsigned int i = 0; i < fake->held_count; i++)
		mailbox_publish(m, ++m->answered, fake->held[i].number,
				fake->held[i].slot, CRYPTECH_RPC_REPLY_MIN);
	pthread_mutex_unlock(&m->lock);
	fake->held_count = 0;
	fake->behaviour = FAKE_WELL;
}

/* --- misbehaviour -------------------------------------------------------- */

static void hold_for_reverse(struct fake *fake, struct mailbox_call *call)
{
	if (fake->held_count && fake->held[0].run != call->run)
		fake->held_count = 0;
	hold(fake, call);
	if (fake->held_count < fake->reverse)
		return;
	while (fake->held_count)
		answer_held(fake, &fake->held[--fake->held_count]);
}

/* A completion that is wrong in one word; the reply itself is right. */
static void answer_with_lie(struct fake *fake, struct mailbox_call *call)
{
	struct mailbox *m = fake->mailbox;
	uint8_t *reply = m->memory + CRYPTECH_MAILBOX_REPLY_SLOTS +
			 call->slot * CRYPTECH_MAILBOX_SLOT_SIZE;
	uint32_t slot = call->slot, length;
	uint64_t number = call->call;

	length = canned_reply(call->request, call->length, reply);
	pthread_mutex_lock(&m->lock);
	m->answered++;
	switch (fake->lie) {
	case LIE_LENGTH:
		length = CRYPTECH_RPC_MESSAGE_MAX + 1;
		break;
	case LIE_SLOT:
		slot = CRYPTECH_MAILBOX_SLOTS;
		break;
	case LIE_CALL:
		number++;
		break;
	case LIE_SEQ:
		mailbox_publish_as(m, m->answered, m->answered + 1, number,
				   slot, length);
		break;
	}
	if (fake->lie != LIE_SEQ)
		mailbox_publish(m, m->answered, number, slot, length);
	m->banks[call->bank].inflight--;
	pthread_mutex_unlock(&m->lock);
}

static void stop_heart(struct fake *fake)
{
	if (!fake->heart_stopped)
		loop_remove(&fake->loop, &fake->mailbox->beat);
	fake->heart_stopped = true;
}

static void serve_ordinary(struct fake *fake, struct mailbox_call *call)
{
	switch (fake->behaviour) {
	case FAKE_REVERSE:
		hold_for_reverse(fake, call);
		break;
	case FAKE_MUTE:
	case FAKE_STOP_HEART:
	case FAKE_LATE:
		hold(fake, call);
		break;
	case FAKE_LIE:
		answer_with_lie(fake, call);
		break;
	default:
		answer(call);
	}
}

static void serve_attach(struct fake *fake, struct mailbox_call *call)
{
	if (fake->behaviour == FAKE_LATE && fake->held_count)
		answer_late(fake);	/* before the first of this epoch */
	answer(call);
	if (fake->behaviour == FAKE_STOP_HEART)
		stop_heart(fake);
	if (fake->behaviour == FAKE_FLIP)
		flip_start(fake);
}

static void request(void *data, struct mailbox_call *call)
{
	struct fake *fake = data;

	uint32_t function = request_function(call->request);

	if (function == CRYPTECH_RPC_ATTACH) {
		serve_attach(fake, call);
		return;
	}
	if (request_client(call->request) == CRYPTECH_CLIENT_MUX) {
		answer(call);
		return;
	}
	switch (function) {
	case CRYPTECH_RPC_LOGIN:
	case CRYPTECH_RPC_LOGOUT:
	case CRYPTECH_RPC_LOGOUT_ALL:
	case CRYPTECH_RPC_SET_PIN:
	case CRYPTECH_RPC_IS_LOGGED_IN:
		answer(call);
		break;
	default:
		serve_ordinary(fake, call);
	}
}

static void reset(void *data, unsigned int bank)
{
	(void)data;	/* no clients here */
	(void)bank;
}

static const struct mailbox_ops ops = { .request = request, .reset = reset };

/* Nothing is read but the bell, nothing written but the interrupt. */
static void echo(struct source *source, uint32_t events)
{
	struct mailbox *m = container_of(source, struct mailbox, ring);

	(void)events;
	event_clear(source->fd);
	event_raise(m->fds.host[CRYPTECH_MAILBOX_VECTOR_RING]);
}

/* --- start --------------------------------------------------------------- */

static void __attribute__((noreturn)) usage_error(const char *what)
{
	fprintf(stderr, "fakehsm: %s\nTry fakehsm --help.\n", what);
	exit(2);
}

static unsigned long number(const char *text, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (!*text || *end || !value || value > max)
		usage_error("a number is missing or out of range");
	return value;
}

static int choice(const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	usage_error("unknown word after --lie or --side");
}

static void take(struct fake *fake, int option)
{
	static const char *const lies[] = {
		"length", "slot", "call", "seq", NULL
	};
	static const char *const sides[] = { "hsm", "host", "all", NULL };

	switch (option) {
	case OPT_MAILBOX:
		fake->path = optarg;
		break;
	case OPT_REVERSE:
		fake->behaviour = FAKE_REVERSE;
		fake->reverse = number(optarg, CRYPTECH_MAILBOX_SLOTS);
		break;
	case OPT_MUTE:
		fake->behaviour = FAKE_MUTE;
		break;
	case OPT_STOP_HEART:
		fake->behaviour = FAKE_STOP_HEART;
		break;
	case OPT_LATE:
		fake->behaviour = FAKE_LATE;
		break;
	case OPT_LIE:
		fake->behaviour = FAKE_LIE;
		fake->lie = choice(optarg, lies);
		break;
	case OPT_ECHO:
		fake->behaviour = FAKE_ECHO;
		break;
	case OPT_FLIP:
		fake->behaviour = FAKE_FLIP;
		fake->flip_seconds = number(optarg, 86400);
		break;
	case OPT_SEED:
		fake->seed = number(optarg, ~0ul);
		break;
	case OPT_SIDE:
		fake->side = choice(optarg, sides);
		break;
	case 'h':
		fputs(help, stdout);
		exit(EXIT_SUCCESS);
	default:
		usage_error("see above");
	}
}

int main(int argc, char **argv)
{
	static struct fake fake = { .seed = 1, .side = SIDE_ALL };
	struct keeper_link link;
	int option;

	keeper_main(argc, argv);
	while ((option = getopt_long(argc, argv, "h", options_table, NULL))
	       != -1)
		take(&fake, option);
	if (!fake.path || optind < argc)
		usage_error("--mailbox PATH is needed, and no other argument");
	signal(SIGPIPE, SIG_IGN);
	if (loop_init(&fake.loop))
		return EXIT_FAILURE;
	fake.mailbox = mailbox_start(&fake.loop, &ops, &fake);
	if (fake.mailbox && fake.behaviour == FAKE_ECHO)
		fake.mailbox->ring.ready = echo;
	if (!fake.mailbox ||
	    keeper_link_open(&link, &fake.loop, fake.path, fake.mailbox))
		return EXIT_FAILURE;
	puts("ready");
	fflush(stdout);
	return loop_run(&fake.loop) || link.lost ? EXIT_FAILURE : EXIT_SUCCESS;
}
