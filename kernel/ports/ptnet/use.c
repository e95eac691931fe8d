// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * Users of the rings of a passthrough device: the network stack while the
 * interface is up, netmap while a program has it. The host serves the rings
 * from the first user to the last. An interrupt goes to the user of its ring.
 */
#include <linux/interrupt.h>
#include <linux/rtnetlink.h>

#include "ptnet.h"

/*
 * Users; rtnl is held
 */

static int nm_ptnet_rings_load(struct nm_ptnet *pn)
{
	u32 i;

	for (i = 0; i < nm_ptnet_num_rings(pn); i++) {
		struct nm_ptnet_ring *r = &pn->rings[i];

		if (nm_ptnet_load(r))
			continue;
		netdev_err(pn->dev, "the host starts %s with head %u hwcur %u hwtail %u\n",
			   r->name, r->head, r->hwcur, r->hwtail);
		return -EIO;
	}
	return 0;
}

static int nm_ptnet_command(struct nm_ptnet *pn, u32 command)
{
	u32 status;

	iowrite32(command, pn->regs + PTNET_IO_PTCTL);
	status = ioread32(pn->regs + PTNET_IO_PTCTL);
	if (!status)
		return 0;
	netdev_err(pn->dev, "the host answers command %u with status %u\n", command,
		   status);
	return -EIO;
}

static int nm_ptnet_start(struct nm_ptnet *pn)
{
	u32 i;
	int error;

	error = nm_guest_mem_use(pn->mem, &pn->lut);
	if (error)
		return error;
	for (i = 0; i < nm_ptnet_num_rings(pn) && !error; i++) {
		struct nm_ptnet_ring *r = &pn->rings[i];

		r->ring = nm_ptnet_shared_ring(pn, r->t, r->i);
		if (!r->ring)
			error = -EINVAL;
	}
	if (!error)
		error = nm_ptnet_command(pn, PTNETMAP_PTCTL_CREATE);
	if (!error)
		error = nm_ptnet_rings_load(pn);
	if (!error)
		return 0;
	/* also after a refusal: the host may have started all the same */
	iowrite32(PTNETMAP_PTCTL_DELETE, pn->regs + PTNET_IO_PTCTL);
	nm_guest_mem_unuse(pn->mem);
	return error;
}

/**
 * nm_ptnet_get() - become a user of the rings
 * @pn: the device
 *
 * Return: 0; -ENODEV if the host's memory is not there; -EINVAL if its rings
 * are not in it; -EIO if the host refuses, or starts with impossible positions
 */
int nm_ptnet_get(struct nm_ptnet *pn)
{
	int error;

	ASSERT_RTNL();
	if (!pn->users) {
		error = nm_ptnet_start(pn);
		if (error)
			return error;
	}
	if (!pn->users++)
		nm_ptnet_resume(pn);
	return 0;
}

/* Undoes one nm_ptnet_get(). */
void nm_ptnet_put(struct nm_ptnet *pn)
{
	ASSERT_RTNL();
	if (pn->users > 1) {
		pn->users--;
		return;
	}
	nm_ptnet_quiesce(pn);
	pn->users = 0;
	nm_ptnet_command(pn, PTNETMAP_PTCTL_DELETE);
	nm_guest_mem_unuse(pn->mem);
}

/* Keeps interrupts and the stack off the rings. rtnl held, rings in use. */
void nm_ptnet_quiesce(struct nm_ptnet *pn)
{
	u32 i;

	netif_tx_disable(pn->dev);
	for (i = 0; i < nm_ptnet_num_rings(pn); i++)
		napi_disable(&pn->rings[i].napi);
}

/* The counterpart; every ring is looked at once. */
void nm_ptnet_resume(struct nm_ptnet *pn)
{
	u32 i;

	for (i = 0; i < nm_ptnet_num_rings(pn); i++) {
		napi_enable(&pn->rings[i].napi);
		local_bh_disable();
		napi_schedule(&pn->rings[i].napi);
		local_bh_enable();
	}
	if (netif_running(pn->dev))
		netif_tx_wake_all_queues(pn->dev);
}

/*
 * Interrupts
 */

static irqreturn_t nm_ptnet_irq(int irq, void *data)
{
	struct nm_ptnet_ring *r = data;

	napi_schedule(&r->napi);
	return IRQ_HANDLED;
}

static int nm_ptnet_tx_poll(struct napi_struct *napi, int budget)
{
	struct nm_ptnet_ring *r = container_of(napi, struct nm_ptnet_ring, napi);

	if (netmap_tx_irq(r->pn->dev, r->i) == NM_IRQ_PASS)
		nm_ptnet_stack_tx_done(r);
	napi_complete_done(napi, 0);
	return 0;
}

static int nm_ptnet_rx_poll(struct napi_struct *napi, int budget)
{
	struct nm_ptnet_ring *r = container_of(napi, struct nm_ptnet_ring, napi);
	u_int work;

	switch (netmap_rx_irq(r->pn->dev, r->i, &work)) {
	case NM_IRQ_PASS:
		return nm_ptnet_stack_rx(r, budget);
	case NM_IRQ_RESCHED:
		return budget;
	}
	napi_complete_done(napi, 0);
	return 0;
}

/* The ring gets its poll function; its interrupt may come after that. */
void nm_ptnet_napi_add(struct nm_ptnet_ring *r)
{
	nm_netif_napi_add(r->pn->dev, &r->napi,
			  r->t == NR_TX ? nm_ptnet_tx_poll : nm_ptnet_rx_poll);
}

/* The first n rings have one. */
static void nm_ptnet_vectors_free(struct nm_ptnet *pn, u32 n)
{
	while (n--)
		free_irq(pci_irq_vector(pn->pdev, n), &pn->rings[n]);
	pci_free_irq_vectors(pn->pdev);
}

/* One vector for each ring. Returns 0 or a negative errno. */
int nm_ptnet_irqs_request(struct nm_ptnet *pn)
{
	u32 i, n = nm_ptnet_num_rings(pn);
	int error = pci_alloc_irq_vectors(pn->pdev, n, n, PCI_IRQ_MSIX);

	if (error < 0)
		return error;
	for (i = 0; i < n; i++) {
		error = request_irq(pci_irq_vector(pn->pdev, i), nm_ptnet_irq, 0,
				    pn->rings[i].name, &pn->rings[i]);
		if (error) {
			nm_ptnet_vectors_free(pn, i);
			return error;
		}
	}
	return 0;
}

/* Undoes nm_ptnet_irqs_request(). */
void nm_ptnet_irqs_free(struct nm_ptnet *pn)
{
	nm_ptnet_vectors_free(pn, nm_ptnet_num_rings(pn));
}
