// SPDX-License-Identifier: GPL-2.0
/*
 * The HSM on a serial line or pty, as a line discipline: <cryptech/line.h> in
 * SLIP. line.c has what is said; this has the tty, the locks and the clock.
 *
 * Packets are sent by a work: ->write() of a tty may do little at a time, and
 * wakes us when it can do more. What comes is taken in ->receive_buf(), which
 * the tty layer calls in process context, once at a time. The layer keeps
 * both away from ->open() and ->close().
 */
#include <linux/capability.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include <cryptech/slip.h>
#include <linux/cryptech.h>

#include "compat/tty.h"
#include "cryptech.h"
#include "line.h"

#define CRYPTECH_TTY_CHUNK	512
#define CRYPTECH_TTY_ROOM	65536

/* So long bytes may come without one frame of the session among them. */
#define CRYPTECH_TTY_NOISE	(30 * HZ)

/**
 * struct cryptech_tty - a line
 * @tty:	its tty
 * @dev:	its device in the core
 * @requests:	of all slots
 * @wq:		for @transmit
 * @transmit:	the one sender
 * @lock:	guards what follows, up to @noise_at; BH off
 * @line:	what was said
 * @over:	the HSM lost the session
 * @heard_at:	jiffies: a frame of the session came
 * @noise_at:	jiffies: anything came
 * @in:		the packet that is coming in; receive_buf's
 * @packet:	its bytes
 * @out:	the packet that is going out; @transmit's
 * @frame:	its bytes
 * @frame_len:	how many, until they are wiped
 * @chunk:	a piece of the stream
 * @chunk_len:	bytes in it
 * @chunk_at:	the next one to write
 */
struct cryptech_tty {
	struct tty_struct *tty;
	struct cryptech_device *dev;
	u8 *requests;
	struct workqueue_struct *wq;
	struct work_struct transmit;

	spinlock_t lock;	/* of what follows, up to noise_at */
	struct line line;
	bool over;
	unsigned long heard_at;
	unsigned long noise_at;

	struct slip_decoder in;
	u8 packet[LINE_PACKET_MAX];

	struct slip_encoder out;
	u8 frame[LINE_PACKET_MAX];
	size_t frame_len;
	u8 chunk[CRYPTECH_TTY_CHUNK];
	size_t chunk_len;
	size_t chunk_at;
};

/* --- sending ------------------------------------------------------------- */

/* The next packet to send, in ct->frame; false if there is none. */
static bool cryptech_tty_next(struct cryptech_tty *ct)
{
	bool frame;
	size_t len;

	memzero_explicit(ct->frame, ct->frame_len);
	spin_lock_bh(&ct->lock);
	len = line_next(&ct->line, ct->frame, &frame);
	spin_unlock_bh(&ct->lock);
	if (len && frame)
		len = line_seal(ct->frame, len);
	ct->frame_len = len;
	slip_encoder_init(&ct->out, ct->frame, len);
	return len;
}

/* The next piece of the stream, in ct->chunk; false if there is none. */
static bool cryptech_tty_fill(struct cryptech_tty *ct)
{
	memzero_explicit(ct->chunk, ct->chunk_len);
	ct->chunk_at = 0;
	ct->chunk_len = 0;
	do {
		if (ct->frame_len)
			ct->chunk_len = slip_encode(&ct->out, ct->chunk,
						    sizeof(ct->chunk));
	} while (!ct->chunk_len && cryptech_tty_next(ct));
	return ct->chunk_len;
}

static void cryptech_tty_transmit(struct work_struct *work)
{
	struct cryptech_tty *ct =
		container_of(work, struct cryptech_tty, transmit);
	struct tty_struct *tty = ct->tty;
	ssize_t n;

	while (ct->chunk_at < ct->chunk_len || cryptech_tty_fill(ct)) {
		/* before the attempt: the wakeup may come at once */
		set_bit(TTY_DO_WRITE_WAKEUP, &tty->flags);
		n = tty->ops->write(tty, ct->chunk + ct->chunk_at,
				    ct->chunk_len - ct->chunk_at);
		if (n <= 0)	/* full, or hung up */
			return;
		ct->chunk_at += n;
	}
	clear_bit(TTY_DO_WRITE_WAKEUP, &tty->flags);
}

static void cryptech_tty_kick(struct cryptech_tty *ct)
{
	queue_work(ct->wq, &ct->transmit);
}

static void cryptech_tty_write_wakeup(struct tty_struct *tty)
{
	struct cryptech_tty *ct = tty->disc_data;

	if (ct)
		cryptech_tty_kick(ct);
}

/* --- what the core asks for ---------------------------------------------- */

static void *cryptech_tty_buffer(struct cryptech_device *dev,
				 unsigned int slot)
{
	struct cryptech_tty *ct = dev->transport;

	return line_request(&ct->line, slot);
}

static void cryptech_tty_send(struct cryptech_device *dev, unsigned int slot,
			      u64 id, const void *request, size_t len)
{
	struct cryptech_tty *ct = dev->transport;

	if (request)
		memcpy(line_request(&ct->line, slot), request, len);
	spin_lock_bh(&ct->lock);
	line_send(&ct->line, slot, id, len);
	spin_unlock_bh(&ct->lock);
	cryptech_tty_kick(ct);
}

static void cryptech_tty_wipe(struct cryptech_device *dev, unsigned int slot,
			      size_t len)
{
	struct cryptech_tty *ct = dev->transport;

	memzero_explicit(line_request(&ct->line, slot), len);
}

static int cryptech_tty_begin(struct cryptech_device *dev)
{
	struct cryptech_tty *ct = dev->transport;
	u64 session;

	do
		session = get_random_u64();
	while (!session);
	spin_lock_bh(&ct->lock);
	line_begin(&ct->line, session);
	ct->over = false;
	spin_unlock_bh(&ct->lock);
	cryptech_tty_kick(ct);
	return 0;
}

static bool cryptech_tty_ready(struct cryptech_device *dev)
{
	struct cryptech_tty *ct = dev->transport;
	bool ready;

	spin_lock_bh(&ct->lock);
	ready = ct->line.mode != LINE_DOWN;
	if (ready) {
		dev->libhal = ct->line.mode == LINE_LIBHAL;
		ct->heard_at = jiffies;
		ct->noise_at = jiffies;
	} else {
		ct->line.hello = true;
	}
	spin_unlock_bh(&ct->lock);
	cryptech_tty_kick(ct);
	return ready;
}

/* Why this session is over, or NULL. Under ct->lock. */
static const char *cryptech_tty_trouble(struct cryptech_tty *ct)
{
	unsigned long lost = msecs_to_jiffies(LINE_LOST_MS);

	if (ct->over)
		return "was restarted";
	if (ct->line.mode != LINE_FRAMES)	/* libhal has no heart */
		return NULL;
	if (time_after(jiffies, ct->heard_at + lost) &&
	    (time_after(jiffies, ct->noise_at + lost) ||
	     time_after(jiffies, ct->heard_at + CRYPTECH_TTY_NOISE)))
		return "does not answer any more";
	return NULL;
}

static int cryptech_tty_check(struct cryptech_device *dev)
{
	struct cryptech_tty *ct = dev->transport;
	const char *trouble;

	spin_lock_bh(&ct->lock);
	ct->line.ping = ct->line.mode == LINE_FRAMES;
	trouble = cryptech_tty_trouble(ct);
	spin_unlock_bh(&ct->lock);
	cryptech_tty_kick(ct);
	if (!trouble)
		return 0;
	dev_warn_ratelimited(&dev->dev, "HSM %s\n", trouble);
	return -EREMOTEIO;
}

static bool cryptech_tty_busy(struct cryptech_device *dev, unsigned int slot)
{
	struct cryptech_tty *ct = dev->transport;
	bool busy;

	spin_lock_bh(&ct->lock);
	busy = line_busy(&ct->line, slot);
	spin_unlock_bh(&ct->lock);
	return busy;
}

static const struct cryptech_transport_ops cryptech_tty_ops = {
	.buffer = cryptech_tty_buffer,
	.send = cryptech_tty_send,
	.wipe = cryptech_tty_wipe,
	.begin = cryptech_tty_begin,
	.ready = cryptech_tty_ready,
	.check = cryptech_tty_check,
	.busy = cryptech_tty_busy,
};

/* --- receiving ----------------------------------------------------------- */

/* A packet stands in ct->packet. */
static void cryptech_tty_take(struct cryptech_tty *ct, size_t len)
{
	struct line_answer answer;
	enum line_event event;

	spin_lock_bh(&ct->lock);
	event = line_receive(&ct->line, ct->packet, len, &answer);
	if (event != LINE_NOTHING)
		ct->heard_at = jiffies;
	if (event == LINE_OVER)
		ct->over = true;
	spin_unlock_bh(&ct->lock);

	switch (event) {
	case LINE_NOTHING:
		break;
	case LINE_ALIVE:
		/* a pong may have queued calls anew */
		cryptech_tty_kick(ct);
		break;
	case LINE_UP:
	case LINE_OVER:
		cryptech_device_attention(ct->dev);
		break;
	case LINE_ANSWER:
		if (cryptech_device_answer(ct->dev, answer.slot,
					   answer.number, answer.reply,
					   answer.len))
			cryptech_device_fail(ct->dev);
		/* with libhal, the client's next call can go now */
		cryptech_tty_kick(ct);
		break;
	}
	memzero_explicit(ct->packet, len);
}

static void cryptech_tty_decode(struct cryptech_tty *ct, const u8 *data,
				size_t len)
{
	bool complete;
	size_t n;

	while (len) {
		n = slip_decode(&ct->in, data, len, &complete);
		if (complete)
			cryptech_tty_take(ct, ct->in.len);
		data += n;
		len -= n;
	}
}

static void cryptech_tty_receive_buf(struct tty_struct *tty, const u8 *data,
				     const cryptech_tty_flag *flags,
				     cryptech_tty_count count)
{
	struct cryptech_tty *ct = tty->disc_data;
	size_t i, len = count;

	if (!ct)
		return;
	spin_lock_bh(&ct->lock);
	ct->noise_at = jiffies;
	spin_unlock_bh(&ct->lock);
	if (!flags) {
		cryptech_tty_decode(ct, data, len);
		return;
	}
	for (i = 0; i < len; i++) {
		/* parity, framing, overrun, break */
		if (flags[i] != TTY_NORMAL)
			slip_decoder_spoil(&ct->in);
		else
			cryptech_tty_decode(ct, data + i, 1);
	}
}

/* --- open and close ------------------------------------------------------ */

static void cryptech_tty_free(struct cryptech_tty *ct)
{
	if (ct->wq)
		destroy_workqueue(ct->wq);
	kvfree_sensitive(ct->requests,
			 LINE_SLOTS * CRYPTECH_RPC_MESSAGE_MAX);
	kvfree_sensitive(ct, sizeof(*ct));
}

static struct cryptech_tty *cryptech_tty_alloc(struct tty_struct *tty)
{
	struct cryptech_tty *ct = kvzalloc(sizeof(*ct), GFP_KERNEL);

	if (!ct)
		return NULL;
	ct->tty = tty;
	spin_lock_init(&ct->lock);
	INIT_WORK(&ct->transmit, cryptech_tty_transmit);
	ct->requests = kvzalloc(LINE_SLOTS * CRYPTECH_RPC_MESSAGE_MAX,
				GFP_KERNEL);
	ct->wq = alloc_workqueue("cryptech_tty", WQ_UNBOUND | WQ_MEM_RECLAIM |
				 WQ_HIGHPRI, 0);
	if (!ct->requests || !ct->wq) {
		cryptech_tty_free(ct);
		return NULL;
	}
	/* below 2^31, so that they do not begin anew from 0 */
	line_init(&ct->line, ct->requests, 1 + get_random_u32() / 2);
	slip_decoder_init(&ct->in, ct->packet, sizeof(ct->packet));
	return ct;
}

static int cryptech_tty_open(struct tty_struct *tty)
{
	struct cryptech_tty *ct;
	int err;

	/* who brings a line brings a HSM that the kernel trusts with keys */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!tty->ops->write)
		return -EOPNOTSUPP;
	ct = cryptech_tty_alloc(tty);
	if (!ct)
		return -ENOMEM;
	ct->dev = cryptech_device_alloc(tty->dev, &cryptech_tty_ops, ct);
	if (IS_ERR(ct->dev)) {
		err = PTR_ERR(ct->dev);
		goto err_free;
	}
	tty->disc_data = ct;
	tty->receive_room = CRYPTECH_TTY_ROOM;
	err = cryptech_device_register(ct->dev);
	if (err)
		goto err_put;
	return 0;

err_put:
	tty->disc_data = NULL;
	cryptech_device_put(ct->dev);
err_free:
	cryptech_tty_free(ct);
	return err;
}

/*
 * The HSM is to drop our clients, if it still can be told: not on a line that
 * was hung up or is being closed for good.
 */
static void cryptech_tty_say_bye(struct cryptech_tty *ct)
{
	spin_lock_bh(&ct->lock);
	line_end(&ct->line);
	spin_unlock_bh(&ct->lock);
	if (test_bit(TTY_HUPPING, &ct->tty->flags) || !ct->tty->count)
		return;
	cryptech_tty_kick(ct);
	flush_work(&ct->transmit);
}

static void cryptech_tty_close(struct tty_struct *tty)
{
	struct cryptech_tty *ct = tty->disc_data;

	cryptech_device_unregister(ct->dev);
	cryptech_tty_say_bye(ct);
	cancel_work_sync(&ct->transmit);
	clear_bit(TTY_DO_WRITE_WAKEUP, &tty->flags);
	tty->disc_data = NULL;
	cryptech_device_put(ct->dev);
	cryptech_tty_free(ct);
}

static int cryptech_tty_ioctl(struct tty_struct *tty, unsigned int cmd,
			      unsigned long arg)
{
	struct cryptech_tty *ct = tty->disc_data;

	if (cmd == CRYPTECH_IOC_LINE)
		return put_user(ct->dev->index, (int __user *)arg);
	return tty_mode_ioctl(tty, cmd, arg);
}

/* Whoever holds the line open is told when it is hung up. */
static __poll_t cryptech_tty_poll(struct tty_struct *tty, struct file *file,
				  struct poll_table_struct *wait)
{
	poll_wait(file, &tty->read_wait, wait);
	return tty_hung_up_p(file) ? EPOLLHUP : 0;
}

static struct tty_ldisc_ops cryptech_ldisc = {
	.owner = THIS_MODULE,
	.num = CRYPTECH_LINE_DISCIPLINE,
	.name = "cryptech",
	.open = cryptech_tty_open,
	.close = cryptech_tty_close,
	.ioctl = cryptech_tty_ioctl,
	.poll = cryptech_tty_poll,
	.receive_buf = cryptech_tty_receive_buf,
	.write_wakeup = cryptech_tty_write_wakeup,
};

static int __init cryptech_tty_init(void)
{
	return tty_register_ldisc(&cryptech_ldisc);
}

static void __exit cryptech_tty_exit(void)
{
	tty_unregister_ldisc(&cryptech_ldisc);
}

module_init(cryptech_tty_init);
module_exit(cryptech_tty_exit);

MODULE_DESCRIPTION("Hardware security module: serial lines and ptys");
MODULE_LICENSE("GPL");
MODULE_ALIAS_LDISC(CRYPTECH_LINE_DISCIPLINE);
