import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scaffold } from '../../../src/porting/learn/scaffold.js';
import { planPort } from '../../../src/porting/place/plan.js';
import { findStructure, type Part, type Structure } from '../../../src/porting/source/structure.js';

const small = `
struct nic { struct net_device *dev; };
static int nic_rx(struct nic *p, int budget)
{
	int done;

	for (done = 0; done < budget; done++)
		napi_gro_receive(p, 0);
	return done;
}
static void nic_tx(struct nic *p)
{
	while (p)
		dev_kfree_skb_any(p);
}
static void nic_fill(struct nic *p)
{
	while (p)
		netdev_alloc_skb(p, 1);
}
static int nic_poll(struct napi_struct *napi, int budget)
{
	struct nic *p = container_of(napi, struct nic, napi);

	nic_tx(p);
	return nic_rx(p, budget);
}
static int nic_intr(int irq, void *data)
{
	return 1;
}
static int nic_open(struct net_device *dev)
{
	struct nic *p = netdev_priv(dev);
	irq_handler_t handler = nic_intr;

	nic_fill(p);
	return request_irq(1, handler, 0, "nic", dev);
}
static void nic_timeout(struct net_device *dev)
{
	nic_open(dev);
}
static const struct net_device_ops nic_ops = { .ndo_open = nic_open, .ndo_tx_timeout = nic_timeout };
static int nic_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct net_device *dev = alloc();
	int err;

	netif_napi_add(dev, &p->napi, nic_poll, 64);
	err = register_netdev(dev);
	if (err)
		return err;
	return 0;
}
static void nic_remove(struct pci_dev *pdev)
{
	struct net_device *dev = pci_get_drvdata(pdev);

	unregister_netdev(dev);
}
static struct pci_driver nic_driver = { .probe = nic_probe, .remove = nic_remove };
`;

const names = (structure: Structure, part: Part): string[] => structure[part].map((one) => one.function);

test('the parts of a driver are found by structure', () => {
  const structure = findStructure(new Map([['nic.c', small]]));
  const expected: Partial<Record<Part, string>> = {
    probe: 'nic_probe',
    remove: 'nic_remove',
    open: 'nic_open',
    poll: 'nic_poll',
    interrupt: 'nic_intr',
    'clean-rx': 'nic_rx',
    'clean-tx': 'nic_tx',
    'ring-setup': 'nic_fill',
    reset: 'nic_timeout',
  };
  for (const [part, name] of Object.entries(expected))
    assert.equal(names(structure, part as Part)[0], name, part);
});

test('the proposed rules place themselves, and the bridge has what they call', () => {
  const files = new Map([['nic.c', small]]);
  const facts = {
    name: 'nic.c',
    path: 'drivers/net/nic.c',
    kind: 'file' as const,
    keyFile: 'nic.c',
    kconfig: 'CONFIG_NIC',
    module: 'nic',
  };
  const made = scaffold(facts, 'nic', findStructure(files), files, ({ FUNCTIONS }) => FUNCTIONS ?? '');
  assert.deepEqual(made.open, []);
  const plan = planPort(made.manifest, files);
  assert.deepEqual(plan.refusals, []);
  assert.deepEqual(plan.placements.map(({ role, function: name }) => `${role} ${name}`).sort(), [
    'attach nic_probe',
    'detach nic_remove',
    'include nic_rx',
    'ring-init nic_fill',
    'ring-reset nic_timeout',
    'rx-irq nic_rx',
    'tx-irq nic_tx',
  ]);
  for (const call of ['rx_fill', 'reset', 'tx_irq', 'rx_irq', 'attach'])
    assert.ok(made.bridge.includes(`nic_netmap_${call}(`));
});
