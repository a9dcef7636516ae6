// SPDX-License-Identifier: GPL-2.0
/*
 * The bare mailbox, to compare with: a doorbell, an interrupt in answer, and so
 * on, one after the other, with `fakehsm --echo` on the other side. No rings,
 * no slots, no calls: a mailbox whose two sides sleep is never faster for who
 * waits for each answer.
 *
 * It measures when it is loaded, with cryptech_pci unloaded; the results are to
 * be read from its parameters.
 */
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/pci.h>

#include <cryptech/mailbox.h>

#define VENDOR		0x1af4	/* Red Hat, ivshmem */
#define DEVICE		0x1110
#define REGISTERS	0	/* BAR */
#define DOORBELL	0x0c
#define LOST_MS		2000

static unsigned int ms = 1000;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "How long to measure");

static unsigned int rounds;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "Result: doorbells that were answered");

static unsigned int took_us;
module_param(took_us, uint, 0444);
MODULE_PARM_DESC(took_us, "Result: in so many microseconds");

static DECLARE_COMPLETION(answered);

static irqreturn_t echo_irq(int irq, void *data)
{
	complete(&answered);
	return IRQ_HANDLED;
}

static int echo_measure(void __iomem *registers)
{
	ktime_t start = ktime_get();
	s64 us;

	do {
		writel(CRYPTECH_MAILBOX_PEER_HSM << 16 |
		       CRYPTECH_MAILBOX_VECTOR_RING, registers + DOORBELL);
		if (!wait_for_completion_timeout(&answered,
						 msecs_to_jiffies(LOST_MS)))
			return -ETIMEDOUT;
		rounds++;
		us = ktime_us_delta(ktime_get(), start);
	} while (us < ms * 1000ll);
	took_us = us;
	return 0;
}

static int echo_with_irq(struct pci_dev *pdev, void __iomem *registers)
{
	int ret, irq;

	ret = pci_alloc_irq_vectors(pdev, CRYPTECH_MAILBOX_VECTORS,
				    CRYPTECH_MAILBOX_VECTORS, PCI_IRQ_MSIX);
	if (ret < 0)
		return ret;
	irq = pci_irq_vector(pdev, CRYPTECH_MAILBOX_VECTOR_RING);
	ret = request_irq(irq, echo_irq, 0, "cryptech_echo", &answered);
	if (!ret) {
		ret = echo_measure(registers);
		free_irq(irq, &answered);
	}
	pci_free_irq_vectors(pdev);
	return ret;
}

static int echo_with_device(struct pci_dev *pdev)
{
	void __iomem *registers;
	int ret;

	ret = pci_enable_device(pdev);
	if (ret)
		return ret;
	ret = pci_request_regions(pdev, "cryptech_echo");
	if (ret)
		goto out_disable;
	ret = -ENOMEM;
	registers = pci_iomap(pdev, REGISTERS, 0);
	if (registers) {
		pci_set_master(pdev);	/* for MSI-X */
		ret = echo_with_irq(pdev, registers);
		pci_clear_master(pdev);
		pci_iounmap(pdev, registers);
	}
	pci_release_regions(pdev);
out_disable:
	pci_disable_device(pdev);
	return ret;
}

static int __init cryptech_echo_init(void)
{
	struct pci_dev *pdev = pci_get_device(VENDOR, DEVICE, NULL);
	int ret = pdev ? echo_with_device(pdev) : -ENODEV;

	pci_dev_put(pdev);
	return ret;
}

static void __exit cryptech_echo_exit(void)
{
}

module_init(cryptech_echo_init);
module_exit(cryptech_echo_exit);

MODULE_DESCRIPTION("Doorbell round trips of the cryptech mailbox");
MODULE_LICENSE("GPL");
