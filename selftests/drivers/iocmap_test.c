// SPDX-License-Identifier: MIT
/*
 * The ioctls of backup as a program: each sends what the table of functions in
 * include/cryptech/rpc.h says, field by field and by name, and gives out what
 * it says; from replies that are cut or too long, and to memory that is too
 * small or not there, nothing is taken.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cryptech/rpc.h>
#include <cryptech/xdr.h>
#include <linux/cryptech.h>

#include "../../firmware/tests/tap.h"
#include "uapi_fields.h"

#include "iocmap_kernel.h"

#include "../../drivers/iocmap.c"
#include "../../drivers/backupioc.c"

#include "iocmap_structs.h"

/* --- requests and replies by the table of functions ------------------------------ */

/* The next word of a list, as in "uuid:o n*(share:o)"; '\0': no more. */
static char next_word(const char **list, char word[32])
{
	const char *p = *list;
	int n = 0;

	while (*p == ' ' || *p == ')')
		p++;
	if (*p == '(' || !strncmp(p, "n*(", 3))
		p += *p == '(' ? 1 : 3;
	while (*p && *p != ':')
		word[n++] = *p++;
	word[n] = 0;
	*list = *p ? p + 2 : p;
	return *p ? p[1] : 0;
}

/* Is the next of the list a group? Then its words begin at *group. */
static bool is_group(const char *list, const char **group)
{
	while (*list == ' ')
		list++;
	*group = list + 3;
	return !strncmp(list, "n*(", 3);
}

/* An opaque of the request is what the struct says. */
static void expect_opaque(struct xdr_reader *r, const struct member *m)
{
	const u8 *wanted = arg + m->at, *p;
	u32 wanted_len = m->size;
	size_t len;

	if (m->size == 8) {
		wanted = buffer_of(m->name)->data;
		wanted_len = *length_of(m->name);
	} else if (!strcmp(m->name, "label")) {
		wanted_len = *number("label_len");
	} else if (!strcmp(m->name, "previous") &&
		   !memchr_inv(wanted, 0, 16)) {
		wanted_len = 0;
	}
	p = xdr_get_opaque(r, &len);
	if (EXPECT_EQ(len, wanted_len))
		EXPECT(!len || !memcmp(p, wanted, len));
}

/* The parts of the one thing that comes in parts. */
static void expect_parts(struct xdr_reader *r, u32 n, size_t size)
{
	struct buffer *b = buffer_of("shares");
	const u8 *p;
	size_t len;

	EXPECT_EQ(n * size, *length_of("shares"));
	for (u32 i = 0; i < n; i++) {
		p = xdr_get_opaque(r, &len);
		if (EXPECT_EQ(len, size))
			EXPECT(!memcmp(p, b->data + i * size, size));
	}
}

static void expect_request(size_t part)
{
	const char *list = functions[function_index(now->map->function)].args;
	const char *group;
	const struct member *m;
	struct xdr_reader r;
	char word[32], kind;
	u32 value;

	xdr_reader_init(&r, request, request_len);
	while ((kind = next_word(&list, word))) {
		if (kind == 'u') {
			value = xdr_get_u32(&r);
			if (is_group(list, &group)) {
				expect_parts(&r, value, part);
				break;
			}
			m = member_for(now_type, word);
			if (EXPECT(m))
				EXPECT_EQ(value, *number(m->name));
		} else {
			m = member_for(now_type, word);
			if (EXPECT(m))
				expect_opaque(&r, m);
		}
	}
	EXPECT(xdr_reader_done(&r));
}

/* An answer in the making, and the struct and memory that it should make. */
struct answer {
	struct xdr_writer w;
	u8 wanted[sizeof(words)];
	u8 memory[BUFFERS_MAX][2048];
	u8 message[CRYPTECH_RPC_MESSAGE_MAX];
};

/* Number of the opaque of fixed length that is to be wrong; negative: none. */
static int wrong = -1;
static int wrong_by;

/* How much longer this one is. */
static int excess(void)
{
	return wrong >= 0 && !wrong-- ? wrong_by : 0;
}

/* A result that is not a list's: into the reply, and where it is to be. */
static void make_plain(struct answer *a, const char *type, u8 *to,
		       const char *word, char kind)
{
	const struct member *m = member_for(type, word);
	u8 data[64];
	u32 len;

	if (!EXPECT(m))
		return;
	random_bytes(data, sizeof(data));
	if (kind == 'u') {
		memcpy(to + m->at, data, 4);
		xdr_put_u32(&a->w, *(u32 *)(to + m->at));
		return;
	}
	len = m->size;
	if (!strcmp(word, "label")) {
		len = random_byte() % 65;
		memcpy(to + member_of(type, "label_len")->at, &len, 4);
		memset(to + m->at, 0, m->size);
	}
	memcpy(to + m->at, data, len);
	xdr_put_opaque(&a->w, data,
		       len + (strcmp(word, "label") ? excess() : 0));
}

/* What goes to a buffer, of @len bytes. */
static void make_buffer(struct answer *a, const struct member *m, u32 len)
{
	struct buffer *b = buffer_of(m->name);
	u8 *to = a->memory[b - buffers];

	random_bytes(to, len);
	xdr_put_opaque(&a->w, to, len);
	memcpy(a->wanted + ((u8 *)length_of(m->name) - arg), &len, 4);
}

/* A count and so many items. */
static void make_items(struct answer *a, const char *group)
{
	const struct member *m = member("shares");
	u32 n = m ? *number("n") : 2, i;
	char word[32], kind;
	const char *list;
	u8 *to;

	if (!m)
		m = member("items") ? member("items") : member("uuids");
	to = a->memory[buffer_of(m->name) - buffers];
	xdr_put_u32(&a->w, n);
	memcpy(a->wanted + ((u8 *)length_of(m->name) - arg), &n, 4);
	for (i = 0; i < n; i++, to += unit_of(m->name)) {
		if (strcmp(m->name, "items")) {
			random_bytes(to, unit_of(m->name));
			xdr_put_opaque(&a->w, to,
				       unit_of(m->name) + excess());
			continue;
		}
		list = group;
		memset(to, 0, unit_of(m->name));
		while ((kind = next_word(&list, word)))
			make_plain(a, "cryptech_device_item", to, word, kind);
	}
}

/* The reply, as the table says, with outputs of the room less @less. */
static void make_reply(struct answer *a, u32 less)
{
	const char *list = functions[function_index(now->map->function)].results;
	const struct member *m;
	const char *group;
	char word[32], kind;

	xdr_writer_init(&a->w, a->message, sizeof(a->message));
	memcpy(a->wanted, arg, sizeof(words));
	for (unsigned int i = 0; i < buffer_count; i++) {
		memcpy(buffers[i].before, buffers[i].data, buffers[i].size);
		memcpy(a->memory[i], buffers[i].data, buffers[i].size);
	}
	while ((kind = next_word(&list, word))) {
		if (is_group(list, &group)) {
			make_items(a, group);
			break;
		}
		m = member_for(now_type, word);
		if (m && m->size == 8 && kind == 'o')
			make_buffer(a, m, *length_of(m->name) - less);
		else
			make_plain(a, now_type, a->wanted, word, kind);
	}
	reply_len = xdr_written(&a->w);
	free(reply);
	reply = malloc(reply_len + 4);
	memcpy(reply, a->message, reply_len);
}

static int call_now(void)
{
	calls = 0;
	return cryptech_iocmap_call(NULL, now->map, arg, number("error"));
}

static bool memory_is(struct answer *a)
{
	bool same = true;

	for (unsigned int i = 0; i < buffer_count; i++)
		same &= !memcmp(buffers[i].data, a ? a->memory[i] :
				buffers[i].before, buffers[i].size);
	return same;
}

/* --- the tests -------------------------------------------------------------------- */

static struct answer answer;

#define FOR_EACH_IOCTL(i) \
	for (size_t i = 0; i < ARRAY_SIZE(ioctls) && (fill(i), true); i++)

static void ioctls_are_the_functions(void)
{
	size_t k = function_index(0x140);

	EXPECT_EQ(cryptech_backup_ioctl_count, ARRAY_SIZE(ioctls));
	EXPECT_EQ(ARRAY_SIZE(functions) - k, ARRAY_SIZE(ioctls));
	FOR_EACH_IOCTL(i) {
		EXPECT_EQ(now->cmd, ioctls[i].cmd);
		EXPECT_EQ(now->map->function, functions[k + i].number);
		EXPECT(!strcmp(now_name, functions[k + i].name));
		EXPECT_EQ(now->error, member("error")->at);
	}
}

static void requests_and_results_are_by_the_table(void)
{
	u64 sent[ARRAY_SIZE(words)];

	FOR_EACH_IOCTL(i) {
		make_reply(&answer, 1);
		memcpy(sent, words, sizeof(words));
		if (!EXPECT_EQ(call_now(), 0))
			printf("# %s\n", now_name);
		EXPECT_EQ(calls, 1);
		if (!EXPECT(!memcmp(arg, answer.wanted, sizeof(words))) ||
		    !EXPECT(memory_is(&answer)))
			printf("# %s\n", now_name);
		memcpy(words, sent, sizeof(words));
		expect_request(CRYPTECH_SHARE_SIZE);
		if (!member("previous"))
			continue;
		memset(arg + member("previous")->at, 0, 16);
		make_reply(&answer, 0);
		memcpy(sent, words, sizeof(words));
		EXPECT_EQ(call_now(), 0);
		memcpy(words, sent, sizeof(words));
		expect_request(0);
	}
}

static void a_secret_is_shares_or_itself(void)
{
	static const struct { u32 len; int ret; } lengths[] = {
		{ 32, 0 }, { 80, 0 }, { 240, 0 }, { 0, -EINVAL },
		{ 31, -EINVAL }, { 64, -EINVAL }, { 79, -EINVAL },
	};

	FOR_EACH_IOCTL(i) {
		if (strcmp(now_name, "MASTER_KEY_SET"))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(lengths); k++) {
			*number("shares_len") = lengths[k].len;
			make_reply(&answer, 0);
			EXPECT_EQ(call_now(), lengths[k].ret);
			if (!lengths[k].ret)
				expect_request(k ? 80 : 32);
		}
	}
}

/* Errors leave the struct and the user's memory alone. */
static void expect_failure(int error, int sent)
{
	bool good = EXPECT_EQ(call_now(), error);

	good &= EXPECT_EQ(calls, sent);
	good &= EXPECT(memory_is(NULL));
	if (!good)
		printf("# %s\n", now_name);
}

static void replies_are_exactly_so_long(void)
{
	u64 before[ARRAY_SIZE(words)];
	size_t whole;

	FOR_EACH_IOCTL(i) {
		make_reply(&answer, 1);
		memcpy(before, words, sizeof(words));
		for (whole = reply_len, reply_len = 0; reply_len < whole;
		     reply_len++) {
			/* exactly so much of it, that ASan sees the end */
			u8 *cut = malloc(reply_len ? reply_len : 1), *all = reply;

			memcpy(cut, reply, reply_len);
			reply = cut;
			expect_failure(-EPROTO, 1);
			EXPECT(!memcmp(before, words, sizeof(words)));
			reply = all;
			free(cut);
		}
		reply_len = whole + 4;
		memset(reply + whole, 0, 4);
		expect_failure(-EPROTO, 1);
		EXPECT(!memcmp(before, words, sizeof(words)));
	}
}

static void opaques_are_exactly_so_long(void)
{
	FOR_EACH_IOCTL(i) {
		for (int k = 0;; k++) {
			wrong = k / 2;
			wrong_by = k % 2 ? 4 : -4;
			make_reply(&answer, 1);
			if (wrong >= 0)
				break;
			expect_failure(-EPROTO, 1);
		}
		wrong = -1;
	}
}

static void room_is_asked_for(void)
{
	FOR_EACH_IOCTL(i) {
		const struct cryptech_iocfield *f;

		for (f = now->map->out; f->kind; f++) {
			if (f->kind != CRYPTECH_FIELD_BUFFER &&
			    f->kind != CRYPTECH_FIELD_RECEIPT)
				continue;
			fill(i);
			make_reply(&answer, 0);
			*(u32 *)(arg + f->len) -= 1;
			expect_failure(-EOVERFLOW, 1);
			/* all but the buffers is told, and what they need */
			EXPECT(!memcmp(arg, answer.wanted, sizeof(words)));
		}
	}
}

static void a_receipt_has_room_before(void)
{
	FOR_EACH_IOCTL(i) {
		if (strcmp(now_name, "TRANSFER_IMPORT"))
			continue;
		make_reply(&answer, 0);
		*number("ack_len") = CRYPTECH_ACK_SIZE - 1;
		expect_failure(-EOVERFLOW, 0);
		EXPECT_EQ(*number("ack_len"), CRYPTECH_ACK_SIZE);
		/* a check gives none */
		fill(i);
		*number("flags") = CRYPTECH_IMPORT_CHECK;
		*number("ack_len") = 0;
		make_reply(&answer, 0);
		EXPECT_EQ(call_now(), 0);
	}
}

static void lists_have_no_more_than_room(void)
{
	FOR_EACH_IOCTL(i) {
		u32 *count = number("count");

		if (!count)
			continue;
		make_reply(&answer, 0);
		*count = 1;
		expect_failure(-EPROTO, 1);
		*count = 0;
		expect_failure(-EINVAL, 0);
	}
}

static void shares_are_as_many_as_wanted(void)
{
	FOR_EACH_IOCTL(i) {
		u32 *n = number("n");

		if (!n)
			continue;
		make_reply(&answer, 0);
		*n -= 1;
		expect_failure(-EPROTO, 1);
		*n += 1;
		*number("m") = 0;	/* for the HSM to refuse */
		EXPECT_EQ(call_now(), 0);
	}
}

static void memory_that_is_not_there(void)
{
	bool out, changes;

	FOR_EACH_IOCTL(i) {
		for (unsigned int k = 0, n = buffer_count; k < n; k++) {
			const struct cryptech_iocfield *f = now->map->out;
			const struct member *m;

			fill(i);
			make_reply(&answer, 0);
			m = member(buffers[k].member);
			while (f->kind && f->at != m->at)
				f++;
			out = f->kind;
			changes = cryptech_function(now->map->function)->class !=
				  CRYPTECH_CLASS_IDEMPOTENT;
			buffers[k].missing = true;
			expect_failure(-EFAULT, out && !changes);
			if (!out)
				continue;
			buffers[k].missing = false;
			buffers[k].vanishes = true;
			EXPECT_EQ(call_now(), -EFAULT);
			EXPECT_EQ(calls, 1);
		}
	}
}

static void reserved_fields_are_zero(void)
{
	FOR_EACH_IOCTL(i) {
		for (size_t k = 0; k < ARRAY_SIZE(members); k++) {
			const struct member *m = &members[k];

			if (strcmp(m->type, now_type) || !must_be_zero(m->name))
				continue;
			make_reply(&answer, 0);
			for (size_t byte = 0; byte < m->size; byte++) {
				arg[m->at + byte] = 1;
				expect_failure(-EINVAL, 0);
				arg[m->at + byte] = 0;
			}
			EXPECT_EQ(call_now(), 0);
		}
	}
}

static void lengths_are_bounded(void)
{
	FOR_EACH_IOCTL(i) {
		const struct cryptech_iocfield *f;

		make_reply(&answer, 0);
		for (f = now->map->in; f->kind; f++) {
			u32 *len = (u32 *)(arg + f->len), was = *len;

			if (f->kind == CRYPTECH_FIELD_LABEL)
				*len = CRYPTECH_LABEL_MAX + 1;
			else if (f->kind != CRYPTECH_FIELD_BUFFER)
				continue;
			else
				*len = CRYPTECH_RPC_MESSAGE_MAX + 1;
			expect_failure(-EINVAL, 0);
			*len = UINT32_MAX;
			expect_failure(-EINVAL, 0);
			if (f->kind == CRYPTECH_FIELD_BUFFER) {
				/* more than fits beside the rest */
				*len = CRYPTECH_RPC_MESSAGE_MAX - 2;
				expect_failure(-EMSGSIZE, 0);
			}
			*len = was;
		}
	}
}

static void errors_of_the_hsm_come_through(void)
{
	hsm_error = CRYPTECH_ERR_FORBIDDEN;
	FOR_EACH_IOCTL(i) {
		make_reply(&answer, 0);
		reply_len = 0;
		expect_failure(-EACCES, 1);
		EXPECT_EQ(*number("error"), CRYPTECH_ERR_FORBIDDEN);
	}
	hsm_error = 0;
}

int main(void)
{
	RUN(ioctls_are_the_functions);
	RUN(requests_and_results_are_by_the_table);
	RUN(a_secret_is_shares_or_itself);
	RUN(replies_are_exactly_so_long);
	RUN(opaques_are_exactly_so_long);
	RUN(room_is_asked_for);
	RUN(a_receipt_has_room_before);
	RUN(lists_have_no_more_than_room);
	RUN(shares_are_as_many_as_wanted);
	RUN(memory_that_is_not_there);
	RUN(reserved_fields_are_zero);
	RUN(lengths_are_bounded);
	RUN(errors_of_the_hsm_come_through);
	while (buffer_count)
		free(buffers[--buffer_count].data);
	free(request);
	free(reply);
	return tap_done();
}
