// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI mailbox: include/cryptech/mailbox.h, the host's side. In QEMU it is
 * ivshmem-doorbell with the HSM's process behind it.
 *
 * Everything that the HSM writes is read once, through the helpers below, and
 * checked before it is used. What the HSM can gain by lying is that it is
 * reset.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/random.h>
#include <linux/slab.h>

#include <asm/barrier.h>

#include "cryptech.h"

#define CRYPTECH_PCI_VENDOR	0x1af4	/* Red Hat, ivshmem */
#define CRYPTECH_PCI_DEVICE	0x1110

#define CRYPTECH_BAR_REGISTERS	0
#define CRYPTECH_BAR_MAILBOX	2
#define CRYPTECH_REG_DOORBELL	0x0c	/* peer << 16 | vector */

/**
 * struct cryptech_pci - a mailbox
 * @pdev:	its PCI device
 * @dev:	its device in the core
 * @registers:	BAR 0
 * @memory:	BAR 2, plain memory of the device
 * @hsm:	the HSM's page in it
 * @host:	our page in it
 * @requests:	the request ring
 * @completions: the completion ring
 * @submit:	guards @requests and @request_seq
 * @request_seq: number of the last request of this epoch
 * @drain:	one reader of the completions at a time; guards what follows
 * @completion_seq: number of the last completion of this epoch
 * @live:	our epoch is in force
 * @epoch:	what we asked for last
 * @boot:	the run of the HSM that put it in force
 * @heartbeat:	the last one seen, and when it changed
 * @heartbeat_at: jiffies
 */
struct cryptech_pci {
	struct pci_dev *pdev;
	struct cryptech_device *dev;
	void __iomem *registers;
	u8 *memory;
	const struct cryptech_mailbox_hsm *hsm;
	struct cryptech_mailbox_host *host;
	struct cryptech_mailbox_entry *requests;
	const struct cryptech_mailbox_entry *completions;

	spinlock_t submit;	/* of the request ring */
	u64 request_seq;

	struct mutex drain;	/* of the completion ring and the epoch */
	u64 completion_seq;
	bool live;
	u32 epoch;
	u64 boot;
	u64 heartbeat;
	unsigned long heartbeat_at;
};

/* --- shared memory ------------------------------------------------------- */

static u32 cryptech_get32(const u32 *p)
{
	return le32_to_cpu((__force __le32)READ_ONCE(*p));
}

static u64 cryptech_get64(const u64 *p)
{
	return le64_to_cpu((__force __le64)READ_ONCE(*p));
}

static void cryptech_set32(u32 *p, u32 value)
{
	WRITE_ONCE(*p, (__force u32)cpu_to_le32(value));
}

static void cryptech_set64(u64 *p, u64 value)
{
	WRITE_ONCE(*p, (__force u64)cpu_to_le64(value));
}

static u8 *cryptech_request_slot(struct cryptech_pci *pci, unsigned int slot)
{
	return pci->memory + CRYPTECH_MAILBOX_REQUEST_SLOTS +
	       slot * CRYPTECH_MAILBOX_SLOT_SIZE;
}

static const u8 *cryptech_reply_slot(struct cryptech_pci *pci,
				     unsigned int slot)
{
	return pci->memory + CRYPTECH_MAILBOX_REPLY_SLOTS +
	       slot * CRYPTECH_MAILBOX_SLOT_SIZE;
}

static void cryptech_ring(struct cryptech_pci *pci, unsigned int vector)
{
	writel(CRYPTECH_MAILBOX_PEER_HSM << 16 | vector,
	       pci->registers + CRYPTECH_REG_DOORBELL);
}

/* --- requests ------------------------------------------------------------ */

static void *cryptech_pci_buffer(struct cryptech_device *dev,
				 unsigned int slot)
{
	return cryptech_request_slot(dev->transport, slot);
}

static void cryptech_pci_send(struct cryptech_device *dev, unsigned int slot,
			      u64 id, const void *request, size_t len)
{
	struct cryptech_pci *pci = dev->transport;
	struct cryptech_mailbox_entry *entry;
	u64 seq;

	if (request)
		memcpy(cryptech_request_slot(pci, slot), request, len);

	spin_lock_bh(&pci->submit);
	seq = ++pci->request_seq;
	entry = &pci->requests[seq % CRYPTECH_MAILBOX_RING];
	cryptech_set64(&entry->call, id);
	cryptech_set32(&entry->slot, slot);
	cryptech_set32(&entry->length, len);
	virt_wmb();	/* publish after the rest, and after the slot */
	cryptech_set64(&entry->seq, seq);
	spin_unlock_bh(&pci->submit);

	virt_mb();	/* publish before the look at wake */
	if (cryptech_get32(&pci->hsm->wake))
		cryptech_ring(pci, CRYPTECH_MAILBOX_VECTOR_RING);
}

static void cryptech_pci_wipe(struct cryptech_device *dev, unsigned int slot,
			      size_t len)
{
	struct cryptech_pci *pci = dev->transport;

	memset(cryptech_request_slot(pci, slot), 0, len);
}

static bool cryptech_pci_busy(struct cryptech_device *dev, unsigned int slot)
{
	struct cryptech_pci *pci = dev->transport;

	return cryptech_get32(&pci->hsm->busy[slot / 32]) & BIT(slot % 32);
}

/* --- completions --------------------------------------------------------- */

/*
 * The next completion. Returns 1 and its fields if there is one, 0 if not,
 * -EPROTO if its place holds what it cannot hold.
 */
static int cryptech_pci_next(struct cryptech_pci *pci,
			     struct cryptech_mailbox_entry *to)
{
	u64 seq = pci->completion_seq + 1;
	u64 old = seq > CRYPTECH_MAILBOX_RING ? seq - CRYPTECH_MAILBOX_RING : 0;
	const struct cryptech_mailbox_entry *entry;
	u64 found;

	entry = &pci->completions[seq % CRYPTECH_MAILBOX_RING];
	found = cryptech_get64(&entry->seq);
	if (found == old)
		return 0;
	if (found != seq)
		return -EPROTO;
	virt_rmb();	/* the rest after seq, and the slot */
	to->call = cryptech_get64(&entry->call);
	to->slot = cryptech_get32(&entry->slot);
	to->length = cryptech_get32(&entry->length);
	pci->completion_seq = seq;
	return 1;
}

/* Take every completion that is there. Under pci->drain. */
static int cryptech_pci_take_all(struct cryptech_pci *pci)
{
	struct cryptech_mailbox_entry entry;
	const u8 *reply;
	int ret;

	while ((ret = cryptech_pci_next(pci, &entry)) > 0) {
		if (entry.slot >= CRYPTECH_MAILBOX_SLOTS)
			return -EPROTO;
		reply = cryptech_reply_slot(pci, entry.slot);
		ret = cryptech_device_answer(pci->dev, entry.slot, entry.call,
					     reply, entry.length);
		if (ret)
			return ret;
	}
	return ret;
}

/*
 * Take completions, asking for no interrupt meanwhile, until none comes any
 * more. Each answers a call of ours, or it is a fault: so this ends.
 */
static void cryptech_pci_drain(struct cryptech_pci *pci)
{
	int err = 0;

	mutex_lock(&pci->drain);
	if (pci->live) {
		cryptech_set32(&pci->host->wake, 0);
		err = cryptech_pci_take_all(pci);
		cryptech_set32(&pci->host->wake, 1);
		virt_mb();	/* wake before the last look */
		if (!err)
			err = cryptech_pci_take_all(pci);
		if (err)
			pci->live = false;
	}
	mutex_unlock(&pci->drain);
	if (err) {
		dev_warn_ratelimited(&pci->pdev->dev,
				     "HSM broke the mailbox protocol\n");
		cryptech_device_fail(pci->dev);
	}
}

static irqreturn_t cryptech_pci_ring_irq(int irq, void *data)
{
	cryptech_pci_drain(data);
	return IRQ_HANDLED;
}

static irqreturn_t cryptech_pci_attention_irq(int irq, void *data)
{
	struct cryptech_pci *pci = data;

	cryptech_device_attention(pci->dev);
	return IRQ_HANDLED;
}

/* --- epochs and life ----------------------------------------------------- */

static bool cryptech_pci_is_ours(struct cryptech_pci *pci)
{
	return cryptech_get64(&pci->hsm->magic) == CRYPTECH_MAILBOX_MAGIC &&
	       cryptech_get32(&pci->hsm->version) ==
	       CRYPTECH_MAILBOX_VERSION &&
	       cryptech_get32(&pci->hsm->slots) == CRYPTECH_MAILBOX_SLOTS;
}

/* Ask for @epoch, perhaps not for the first time. Under pci->drain. */
static void cryptech_pci_ask(struct cryptech_pci *pci, u32 epoch)
{
	pci->live = false;
	pci->epoch = epoch;
	memset(pci->requests, 0,
	       CRYPTECH_MAILBOX_RING * sizeof(*pci->requests));
	cryptech_set32(&pci->host->wake, 0);
	virt_wmb();	/* the ring is empty before the epoch begins */
	cryptech_set32(&pci->host->epoch, epoch);
	virt_mb();	/* the epoch before the doorbell */
	cryptech_ring(pci, CRYPTECH_MAILBOX_VECTOR_ATTN);
}

/* Ask for a new one. Under pci->drain. */
static void cryptech_pci_ask_anew(struct cryptech_pci *pci)
{
	u32 epoch, theirs = cryptech_get32(&pci->hsm->epoch);

	do {
		epoch = get_random_u32();
	} while (!epoch || epoch == pci->epoch || epoch == theirs);
	cryptech_pci_ask(pci, epoch);
}

/* The core sends nothing until ready. */
static int cryptech_pci_begin(struct cryptech_device *dev)
{
	struct cryptech_pci *pci = dev->transport;

	mutex_lock(&pci->drain);
	cryptech_pci_ask_anew(pci);
	mutex_unlock(&pci->drain);
	return 0;
}

/*
 * The epoch is in force. The request slots of the one before may still hold
 * secrets, and from now on they are ours. Under pci->drain.
 */
static void cryptech_pci_enter(struct cryptech_pci *pci)
{
	virt_rmb();	/* the epoch before what stands in it */
	pci->boot = cryptech_get64(&pci->hsm->boot);
	pci->heartbeat = cryptech_get64(&pci->hsm->heartbeat);
	pci->heartbeat_at = jiffies;
	pci->request_seq = 0;
	pci->completion_seq = 0;
	memset(cryptech_request_slot(pci, 0), 0,
	       CRYPTECH_MAILBOX_SLOTS * CRYPTECH_MAILBOX_SLOT_SIZE);
	cryptech_set32(&pci->host->wake, 1);
	pci->live = true;
}

static bool cryptech_pci_ready(struct cryptech_device *dev)
{
	struct cryptech_pci *pci = dev->transport;
	bool granted, ready;

	mutex_lock(&pci->drain);
	granted = cryptech_pci_is_ours(pci) &&
		  cryptech_get32(&pci->hsm->epoch) == pci->epoch;
	ready = granted && !cryptech_get32(&pci->hsm->fault);
	if (ready)
		cryptech_pci_enter(pci);
	else if (granted)
		cryptech_pci_ask_anew(pci);
	else
		cryptech_pci_ask(pci, pci->epoch);
	mutex_unlock(&pci->drain);
	return ready;
}

/* Why this epoch is over, or NULL. Under pci->drain. */
static const char *cryptech_pci_trouble(struct cryptech_pci *pci)
{
	u64 heartbeat = cryptech_get64(&pci->hsm->heartbeat);

	if (heartbeat != pci->heartbeat) {
		pci->heartbeat = heartbeat;
		pci->heartbeat_at = jiffies;
	}
	if (!pci->live || !cryptech_pci_is_ours(pci))
		return "broke the mailbox protocol";
	if (cryptech_get32(&pci->hsm->fault))
		return "reports a fault of ours";
	if (cryptech_get64(&pci->hsm->boot) != pci->boot ||
	    cryptech_get32(&pci->hsm->epoch) != pci->epoch)
		return "was restarted";
	if (time_after(jiffies, pci->heartbeat_at +
		       msecs_to_jiffies(CRYPTECH_MAILBOX_LOST_MS)))
		return "does not move any more";
	return NULL;
}

static int cryptech_pci_check(struct cryptech_device *dev)
{
	struct cryptech_pci *pci = dev->transport;
	const char *trouble;

	cryptech_pci_drain(pci);
	mutex_lock(&pci->drain);
	trouble = cryptech_pci_trouble(pci);
	mutex_unlock(&pci->drain);
	if (!trouble)
		return 0;
	dev_warn_ratelimited(&pci->pdev->dev, "HSM %s\n", trouble);
	return -EREMOTEIO;
}

static const struct cryptech_transport_ops cryptech_pci_ops = {
	.buffer = cryptech_pci_buffer,
	.send = cryptech_pci_send,
	.wipe = cryptech_pci_wipe,
	.begin = cryptech_pci_begin,
	.ready = cryptech_pci_ready,
	.check = cryptech_pci_check,
	.busy = cryptech_pci_busy,
};

/* --- probe and remove ---------------------------------------------------- */

static int cryptech_pci_map(struct cryptech_pci *pci)
{
	struct pci_dev *pdev = pci->pdev;

	/* other users of ivshmem have other sizes, or another magic */
	if (pci_resource_len(pdev, CRYPTECH_BAR_MAILBOX) <
	    CRYPTECH_MAILBOX_SIZE)
		return -ENODEV;
	pci->registers = pci_iomap(pdev, CRYPTECH_BAR_REGISTERS, 0);
	if (!pci->registers)
		return -ENOMEM;
	pci->memory = memremap(pci_resource_start(pdev, CRYPTECH_BAR_MAILBOX),
			       CRYPTECH_MAILBOX_SIZE, MEMREMAP_WB);
	if (!pci->memory) {
		pci_iounmap(pdev, pci->registers);
		return -ENOMEM;
	}
	pci->hsm = (void *)(pci->memory + CRYPTECH_MAILBOX_HSM);
	pci->host = (void *)(pci->memory + CRYPTECH_MAILBOX_HOST);
	pci->requests = (void *)(pci->memory + CRYPTECH_MAILBOX_REQUESTS);
	pci->completions =
		(void *)(pci->memory + CRYPTECH_MAILBOX_COMPLETIONS);
	return 0;
}

static void cryptech_pci_unmap(struct cryptech_pci *pci)
{
	memunmap(pci->memory);
	pci_iounmap(pci->pdev, pci->registers);
}

static int cryptech_pci_get_irqs(struct cryptech_pci *pci)
{
	struct pci_dev *pdev = pci->pdev;
	int err;

	err = pci_alloc_irq_vectors(pdev, CRYPTECH_MAILBOX_VECTORS,
				    CRYPTECH_MAILBOX_VECTORS, PCI_IRQ_MSIX);
	if (err < 0)
		return err;
	err = request_threaded_irq(pci_irq_vector(pdev,
						  CRYPTECH_MAILBOX_VECTOR_RING),
				   NULL, cryptech_pci_ring_irq, IRQF_ONESHOT,
				   dev_name(&pci->dev->dev), pci);
	if (err)
		goto err_vectors;
	err = request_threaded_irq(pci_irq_vector(pdev,
						  CRYPTECH_MAILBOX_VECTOR_ATTN),
				   NULL, cryptech_pci_attention_irq,
				   IRQF_ONESHOT, dev_name(&pci->dev->dev),
				   pci);
	if (err)
		goto err_ring;
	return 0;

err_ring:
	free_irq(pci_irq_vector(pdev, CRYPTECH_MAILBOX_VECTOR_RING), pci);
err_vectors:
	pci_free_irq_vectors(pdev);
	return err;
}

static void cryptech_pci_put_irqs(struct cryptech_pci *pci)
{
	struct pci_dev *pdev = pci->pdev;

	free_irq(pci_irq_vector(pdev, CRYPTECH_MAILBOX_VECTOR_ATTN), pci);
	free_irq(pci_irq_vector(pdev, CRYPTECH_MAILBOX_VECTOR_RING), pci);
	pci_free_irq_vectors(pdev);
}

static int cryptech_pci_start(struct cryptech_pci *pci)
{
	int err;

	pci->dev = cryptech_device_alloc(&pci->pdev->dev, &cryptech_pci_ops,
					 pci);
	if (IS_ERR(pci->dev))
		return PTR_ERR(pci->dev);
	err = cryptech_pci_get_irqs(pci);
	if (err)
		goto err_put;
	err = cryptech_device_register(pci->dev);
	if (err)
		goto err_irqs;
	return 0;

err_irqs:
	cryptech_pci_put_irqs(pci);
err_put:
	cryptech_device_put(pci->dev);
	return err;
}

static int cryptech_pci_probe(struct pci_dev *pdev,
			      const struct pci_device_id *id)
{
	struct cryptech_pci *pci;
	int err;

	pci = kzalloc(sizeof(*pci), GFP_KERNEL);
	if (!pci)
		return -ENOMEM;
	pci->pdev = pdev;
	spin_lock_init(&pci->submit);
	mutex_init(&pci->drain);
	pci_set_drvdata(pdev, pci);

	err = pci_enable_device(pdev);
	if (err)
		goto err_free;
	err = pci_request_regions(pdev, "cryptech");
	if (err)
		goto err_disable;
	err = cryptech_pci_map(pci);
	if (err)
		goto err_regions;
	err = -ENODEV;
	if (!cryptech_pci_is_ours(pci))
		goto err_unmap;
	pci_set_master(pdev);	/* for MSI-X; there is no DMA */
	err = cryptech_pci_start(pci);
	if (err)
		goto err_master;
	return 0;

err_master:
	pci_clear_master(pdev);
err_unmap:
	cryptech_pci_unmap(pci);
err_regions:
	pci_release_regions(pdev);
err_disable:
	pci_disable_device(pdev);
err_free:
	mutex_destroy(&pci->drain);
	kfree(pci);
	return err;
}

/*
 * Leave the HSM in an epoch that nobody uses: it drops the port's clients,
 * and with them their logins.
 */
static void cryptech_pci_abandon(struct cryptech_pci *pci)
{
	cryptech_pci_begin(pci->dev);
}

static void cryptech_pci_remove(struct pci_dev *pdev)
{
	struct cryptech_pci *pci = pci_get_drvdata(pdev);

	cryptech_device_unregister(pci->dev);
	cryptech_pci_abandon(pci);
	cryptech_pci_put_irqs(pci);
	cryptech_device_put(pci->dev);
	pci_clear_master(pdev);
	cryptech_pci_unmap(pci);
	pci_release_regions(pdev);
	pci_disable_device(pdev);
	mutex_destroy(&pci->drain);
	kfree(pci);
}

/* The last thing that the HSM hears before power or control is gone. */
static void cryptech_pci_stop(struct cryptech_pci *pci)
{
	cryptech_device_stop(pci->dev);
	cryptech_pci_abandon(pci);
	disable_irq(pci_irq_vector(pci->pdev, CRYPTECH_MAILBOX_VECTOR_ATTN));
	disable_irq(pci_irq_vector(pci->pdev, CRYPTECH_MAILBOX_VECTOR_RING));
}

static void cryptech_pci_shutdown(struct pci_dev *pdev)
{
	cryptech_pci_stop(pci_get_drvdata(pdev));
}

static int cryptech_pci_suspend(struct device *d)
{
	cryptech_pci_stop(dev_get_drvdata(d));
	return 0;
}

static int cryptech_pci_resume(struct device *d)
{
	struct cryptech_pci *pci = dev_get_drvdata(d);

	enable_irq(pci_irq_vector(pci->pdev, CRYPTECH_MAILBOX_VECTOR_RING));
	enable_irq(pci_irq_vector(pci->pdev, CRYPTECH_MAILBOX_VECTOR_ATTN));
	cryptech_device_start(pci->dev);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(cryptech_pci_pm, cryptech_pci_suspend,
				cryptech_pci_resume);

static const struct pci_device_id cryptech_pci_ids[] = {
	{ PCI_DEVICE(CRYPTECH_PCI_VENDOR, CRYPTECH_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, cryptech_pci_ids);

static struct pci_driver cryptech_pci_driver = {
	.name = "cryptech_pci",
	.id_table = cryptech_pci_ids,
	.probe = cryptech_pci_probe,
	.remove = cryptech_pci_remove,
	.shutdown = cryptech_pci_shutdown,
	.driver.pm = pm_sleep_ptr(&cryptech_pci_pm),
};
module_pci_driver(cryptech_pci_driver);

MODULE_DESCRIPTION("Hardware security module: PCI mailbox");
MODULE_LICENSE("GPL");
