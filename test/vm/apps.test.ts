/*
 * The applications on pipes, VALE ports and veth, with and without sanitizers. The guest scripts draw their
 * topologies; pkt-gen on the native r8169 is in r8169.test.ts.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { checkFrame, pcapFile } from '../libnetmap/check-frames.js';
import { runNetmapVm } from './netmap.js';
import { buildApps } from './user-space.js';

let folder: string;

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'netmap-apps-'));
  const frames = Array.from({ length: 500 }, (_, i) => ({ data: checkFrame(300, i), us: i * 2000 }));
  await writeFile(path.join(folder, 'capture.pcap'), pcapFile(frames));
});
after(() => rm(folder, { recursive: true, force: true }));

async function filesOf(kind: 'plain' | 'sanitized') {
  const programs = await buildApps(kind);
  return {
    '/capture.pcap': { host: path.join(folder, 'capture.pcap') },
    ...Object.fromEntries(
      Object.entries(programs).map(([name, host]) => [`/apps/${name}`, { host, mode: 0o755 }]),
    ),
  };
}

/** What times packets is not for sanitized programs on an emulated CPU, except in a long run of its own. */
const nightly = process.env.NETMAP_NIGHTLY === '1';

for (const kind of ['plain', 'sanitized'] as const) {
  const skip = kind === 'sanitized' && !nightly ? 'only with NETMAP_NIGHTLY=1' : false;
  test(`applications do what they say, on pipes (${kind})`, { skip }, async () => {
    await runNetmapVm({
      series: '6.12',
      script: 'apps.sh',
      variables: { PATH: '/apps:$PATH' },
      guestPrograms: ['nmcheck'],
      spec: {
        name: `apps-${kind}`,
        memoryMb: 2048,
        timeoutMs: 600_000,
        nics: [{ model: 'rtl8168', chip: '8168h' }],
        files: await filesOf(kind),
      },
    });
  });

  test(`vale-ctl, and applications on VALE ports (${kind})`, async () => {
    await runNetmapVm({
      series: '6.12',
      script: 'apps-vale.sh',
      variables: { PATH: '/apps:$PATH' },
      guestPrograms: ['nmcheck'],
      spec: { name: `apps-vale-${kind}`, files: await filesOf(kind) },
    });
  });

  test(`a router and a bridge to the host on emulated adapters (${kind})`, async () => {
    await runNetmapVm({
      series: '6.12',
      script: 'apps-veth.sh',
      variables: { PATH: '/apps:$PATH' },
      spec: { name: `apps-veth-${kind}`, availableModules: ['veth'], files: await filesOf(kind) },
    });
  });
}
