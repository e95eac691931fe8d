/*
 * The package for dkms, with the real dkms of Debian in a Debian of its own: add, build, install, upgrade to another
 * kernel as apt does it, remove; nothing of it needs Node.js. And what replaces configure's own work there, compared
 * with it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { realFiles } from '../../src/core/files.js';
import { packageRoot } from '../../src/core/paths.js';
import { createRunner } from '../../src/core/runner.js';
import { loadCatalogue } from '../../src/facts/drivers/catalogue.js';
import { describeKernel } from '../../src/facts/kernel-tree/tree.js';
import { checkFit } from '../../src/facts/patches/fit.js';
import { ProbeCache } from '../../src/facts/probes/cache.js';
import { exportsSymbol, renderHeader } from '../../src/facts/probes/header.js';
import { probeKernel } from '../../src/facts/probes/run.js';
import type { DebianKernel } from '../../src/lab/vm/debian-kernel.js';
import { planTree } from '../../src/machine/dkms/tree.js';
import { writeTree } from '../../src/machine/dkms/write-tree.js';
import { killAtMoments, runKilled } from '../support/kill.js';
import { makeTree } from '../support/tree.js';
import { type DkmsRoot, dkmsRoot, NODE } from './dkms-root.js';
import { kernel, run } from './fixture.js';

const { version } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as {
  version: string;
};
const PROGRAM = path.join(packageRoot, 'bin/netmap-configure.js');
const NIC = 'drivers/net/ethernet/realtek';
/** Of runs that are killed: they take minutes. */
const MOMENTS = 20;
const NIGHTLY = process.env.NETMAP_NIGHTLY === '1';

async function treeFor(t: TestContext): Promise<string> {
  const tree = await planTree(
    {
      packageRoot,
      version,
      modName: 'netmap',
      driverSuffix: '',
      subsystems: ['null', 'ptnetmap', 'generic', 'monitor', 'pipe', 'vale'],
      drivers: await loadCatalogue(packageRoot, realFiles),
      dmasync: true,
      debug: true,
    },
    realFiles,
  );
  const directory = path.join(makeTree(t, {}), 'tree');
  await writeTree(tree, directory, realFiles);
  return directory;
}

for (const series of ['6.1', '6.12'] as const) {
  test(`the shell asks the headers of ${series} what configure asks, and understands the answers alike`, async (t) => {
    const { buildDir } = await kernel(series);
    const work = makeTree(t, {});
    const probe = run(work, 'sh', [
      path.join(await treeFor(t), 'probe.sh'),
      await treeFor(t),
      buildDir,
      work,
    ]);
    assert.equal(probe.status, 0, probe.output);
    const tree = await describeKernel(
      { kernelDir: buildDir, runningRelease: 'none', env: {}, cwd: work },
      realFiles,
    );
    const request = {
      kernel: tree,
      kernelOpts: [],
      directory: path.join(work, 'p'),
      packageRoot,
      logFile: path.join(work, 'log'),
    };
    const { answers } = await probeKernel(
      request,
      new ProbeCache(makeTree(t, {}), realFiles),
      createRunner(),
      realFiles,
    );
    const symvers = readFileSync(path.join(buildDir, 'Module.symvers'), 'utf8');
    const facts = { splitPage: exportsSymbol(symvers, 'split_page'), dmasync: true, driverSuffix: '' };
    const defines = (text: string) =>
      text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line.startsWith('#define NETMAP_LINUX_') && !line.includes('CONFIG_H'))
        .sort();
    const shell = defines(readFileSync(path.join(work, 'netmap_linux_config.h'), 'utf8'));
    assert.ok(shell.length > 40, `${shell.length}`);
    assert.deepEqual(shell, defines(renderHeader(answers, facts)));
  });
}

test('the shell and configure judge alike whether a patch fits', async (t) => {
  const patches = path.join(packageRoot, 'final-patches');
  const awk = path.join(packageRoot, 'templates/dkms/fit.awk');
  const verdicts = new Set<boolean>();
  for (const series of ['6.1', '6.12'] as const) {
    const above = path.join((await kernel(series)).sourceDir, path.dirname(NIC));
    const moved = makeTree(t, {});
    for (const folder of ['realtek']) {
      mkdirSync(path.join(moved, folder));
      for (const name of ['r8169_main.c', '8139cp.c']) {
        const text = readFileSync(path.join(above, folder, name), 'utf8');
        writeFileSync(
          path.join(moved, name === '8139cp.c' ? name : `${folder}/${name}`),
          `/* moved */\n${text}`,
        );
      }
    }
    for (const name of readdirSync(patches).filter((file) => file.startsWith('vanilla--'))) {
      const text = readFileSync(path.join(patches, name), 'utf8');
      for (const root of [above, path.join(above, 'realtek'), moved]) {
        const fit = checkFit(text, (file) => {
          const place = path.join(root, file);
          return existsSync(place) ? readFileSync(place, 'utf8') : undefined;
        });
        const { status, stdout } = spawnSync(
          'awk',
          ['-v', `above=${root}`, '-f', awk, path.join(patches, name)],
          { encoding: 'utf8' },
        );
        assert.equal(status === 0, fit.fits, `${name} on ${root}: ${stdout}${JSON.stringify(fit)}`);
        verdicts.add(fit.fits);
      }
    }
  }
  assert.equal(verdicts.size, 2, 'both verdicts were met');
});

/** Makes a kernel of the cache known to the Debian below `root`: its headers, list of modules, and NIC drivers. */
function addKernel({ root }: DkmsRoot, { release, buildDir, modulesDir }: DebianKernel): void {
  const modules = path.join(root, 'usr/lib/modules', release);
  mkdirSync(path.join(modules, 'kernel', NIC), { recursive: true });
  const copy = `cp ${modulesDir}/modules.* ${modules}; cp ${modulesDir}/kernel/${NIC}/* ${modules}/kernel/${NIC}; ln -s ${buildDir} ${modules}/build`;
  assert.equal(run('/', 'sh', ['-c', copy]).status, 0);
}

function installed({ root }: DkmsRoot, release: string): string[] {
  const folder = path.join(root, 'usr/lib/modules', release, 'updates/dkms');
  // A whiteout of overlayfs is a character device: a name that was removed.
  return existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort()
    : [];
}

test('real dkms: add, build, install, another kernel as apt does it, remove', async (t) => {
  const debian = await dkmsRoot(t);
  const [old, next] = [await kernel('6.12'), await kernel('6.1')];
  addKernel(debian, old);
  mkdirSync(path.join(debian.root, 'usr/src'), { recursive: true });
  const made = run('/', PROGRAM, [
    'dkms',
    `--destdir=${debian.root}`,
    '--drivers=realtek,8139cp.c',
    '--json',
  ]);
  assert.equal(made.status, 0, made.output);
  const tree = path.join(debian.root, `usr/src/netmap-${version}`);
  const dkms = (words: string) => {
    const result = debian.run(`ln -sfn ${old.sourceDir} /usr/src/linux-source-6.12; ${words}`);
    assert.equal(result.status, 0, `${words}\n${result.output}`);
    return result.output;
  };
  assert.match(debian.run('command -v node').output, /^$/, 'there is no Node.js');
  dkms(`dkms add netmap/${version}`);
  const build = dkms(`dkms build netmap/${version} -k ${old.release}`);
  assert.doesNotMatch(build, /left out|Error/);
  dkms(`dkms install netmap/${version} -k ${old.release}`);
  assert.ok(dkms('dkms status').includes(`netmap/${version}, ${old.release}, x86_64: installed\n`));
  assert.deepEqual(installed(debian, old.release), ['8139cp.ko.xz', 'netmap.ko.xz', 'r8169.ko.xz']);
  if (!NIGHTLY) return;
  const info = dkms(`modinfo -k ${old.release} r8169`);
  assert.match(info, /filename: +\S+\/updates\/dkms\/r8169\.ko\.xz/, 'depmod prefers it');
  assert.match(info, /depends: +\S*netmap/);
  assert.match(info, /signer: +DKMS module signing key/);
  assert.ok(
    !existsSync(path.join(debian.root, `var/cache/netmap-dkms/${version}/${old.release}`)),
    'nothing is left aside',
  );

  // apt installs headers of another kernel: without sources, then with packed ones and a driver that does not compile.
  addKernel(debian, next);
  const upgrade = dkms(`/etc/kernel/header_postinst.d/dkms ${next.release}`);
  assert.match(
    upgrade,
    /netmap: realtek left out: no sources of Linux 6\.1\.\d+ in \/usr\/src .*linux-source-6\.1/,
  );
  assert.deepEqual(installed(debian, next.release), ['netmap.ko']);
  assert.match(dkms(`modinfo -F vermagic -k ${next.release} netmap`), new RegExp(`^${next.release} `));

  const sources = path.dirname(next.sourceDir);
  const pack = `tar -C ${sources} -cJf ${debian.root}/usr/src/linux-source-6.1.tar.xz linux-source-6.1/Makefile linux-source-6.1/${NIC}`;
  assert.equal(run('/', 'sh', ['-c', pack]).status, 0);
  appendFileSync(path.join(tree, 'drivers/8139cp/if_cp_netmap.h'), '\n#error broken by the test\n');
  dkms(`dkms unbuild netmap/${version} -k ${next.release}`);
  const second = dkms(
    `dkms autoinstall -k ${next.release}; /etc/kernel/header_postinst.d/dkms ${next.release}`,
  );
  assert.match(second, /netmap: 8139cp\.c left out: it does not compile/);
  assert.deepEqual(installed(debian, next.release), ['netmap.ko', 'r8169.ko']);
  assert.equal(installed(debian, old.release).length, 3, 'the old kernel keeps its modules');

  dkms(`dkms remove netmap/${version} --all`);
  for (const { release } of [old, next]) assert.deepEqual(installed(debian, release), []);
  assert.equal(dkms('dkms status'), '');
});

test(`netmap-configure dkms is killed at ${MOMENTS} moments; the next run completes, and remove leaves nothing`, {
  skip: !NIGHTLY,
}, async (t) => {
  const debian = await dkmsRoot(t);
  const target = await kernel('6.12');
  addKernel(debian, target);
  const tool = (words: string) => `${NODE} ${PROGRAM} dkms --no-drivers ${words}`;
  const plan = debian.run(tool('--dry-run --json'));
  assert.equal(plan.status, 0, plan.output);
  assert.deepEqual((JSON.parse(plan.output) as { kernels: string[] }).kernels, [target.release]);

  const started = performance.now();
  const first = debian.run(tool(''));
  assert.equal(first.status, 0, first.output);
  const whole = performance.now() - started;
  const again = debian.run(tool(''));
  assert.equal(again.status, 0, again.output);
  assert.doesNotMatch(again.output, /unbuild/, 'what is installed is left alone');

  const killed = await killAtMoments(MOMENTS, whole, async (after, moment) => {
    const clean = debian.run(tool('remove'));
    assert.equal(clean.status, 0, clean.output);
    const [file, ...args] = debian.words(tool(''));
    const before = await runKilled(file, args, { env: { LC_ALL: 'C', HOME: '/root' } }, after);
    if (moment % 2 === 0) return before;
    const next = debian.run(tool(''));
    assert.equal(next.status, 0, next.output);
    assert.match(debian.run('dkms status').output, /: installed$/m);
    return before;
  });
  assert.ok(killed >= MOMENTS / 2, `${killed} of ${MOMENTS} runs were killed`);
  const last = debian.run(tool(''));
  assert.equal(last.status, 0, last.output);
  assert.deepEqual(installed(debian, target.release), ['netmap.ko.xz']);
  assert.ok(
    debian.run(`modinfo -F vermagic -k ${target.release} netmap`).output.startsWith(`${target.release} `),
  );
  const gone = debian.run(tool('remove'));
  assert.equal(gone.status, 0, gone.output);
  assert.deepEqual(installed(debian, target.release), []);
  const left = debian.run(
    'ls -A /usr/src /var/cache/netmap-dkms /var/lib/dkms/netmap 2>/dev/null; true',
  ).output;
  assert.doesNotMatch(left, /netmap|install\.lock/);
});
