/*
 * The applications on pipes, VALE ports and interfaces, with and without sanitizers. The guest scripts draw their
 * topologies.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
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
    '/apps-lib.sh': { host: path.join(packageRoot, 'test/vm/guest/apps-lib.sh') },
    '/capture.pcap': { host: path.join(folder, 'capture.pcap') },
    ...Object.fromEntries(
      Object.entries(programs).map(([name, host]) => [`/apps/${name}`, { host, mode: 0o755 }]),
    ),
  };
}

/** On VALE ports and interfaces sanitized programs run always; on pipes, which takes three minutes, in a long run. */
const nightly = process.env.NETMAP_NIGHTLY === '1';

for (const kind of ['plain', 'sanitized'] as const) {
  const onPipes = async (script: string): Promise<void> => {
    await runNetmapVm({
      series: '6.12',
      script: `${script}.sh`,
      variables: { PATH: '/apps:$PATH' },
      guestPrograms: ['nmcheck'],
      spec: {
        name: `${script}-${kind}`,
        memoryMb: 2048,
        timeoutMs: 900_000,
        nics: [{ model: 'rtl8168', chip: '8168h' }],
        files: await filesOf(kind),
      },
    });
  };
  const skip = kind === 'sanitized' && !nightly ? 'only with NETMAP_NIGHTLY=1' : false;
  test(`applications do what they say, on pipes (${kind})`, { skip }, async () => onPipes('apps'));
  test(`applications keep to their times, on pipes (${kind})`, { skip }, async () => onPipes('apps-timing'));

  test(`vale-ctl, and applications on VALE ports (${kind})`, async () => {
    await runNetmapVm({
      series: '6.12',
      script: 'apps-vale.sh',
      variables: { PATH: '/apps:$PATH' },
      guestPrograms: ['nmcheck'],
      spec: { name: `apps-vale-${kind}`, timeoutMs: 900_000, files: await filesOf(kind) },
    });
  });

  test(`applications on r8169, e1000, veth and TAP, and with the host's stack (${kind})`, async () => {
    const e1000 = { model: 'e1000' as const, cable: { hub: 1 } };
    await runNetmapVm({
      series: '6.12',
      script: 'apps-ports.sh',
      variables: { PATH: '/apps:$PATH' },
      guestPrograms: ['nmcheck'],
      spec: {
        name: `apps-ports-${kind}`,
        memoryMb: 2048,
        timeoutMs: 900_000,
        nics: [{ model: 'rtl8168' }, { model: 'rtl8168' }, e1000, e1000],
        availableModules: ['e1000', 'veth', 'tun'],
        files: await filesOf(kind),
      },
    });
  });
}
