/*
 * Modules for a kernel that the host cannot build for: with the compiler of its Debian release, unpacked beside the
 * host's.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { realFiles } from '../../src/core/files.js';
import { cacheDirectory } from '../../src/core/paths.js';
import { createRunner } from '../../src/core/runner.js';
import { type BuildRoot, obtainBuildRoot } from '../../src/lab/vm/build-root.js';
import { type DebianKernel, obtainKernel } from '../../src/lab/vm/debian-kernel.js';
import { makeTree } from '../support/tree.js';
import { run } from './fixture.js';

const deps = { runner: createRunner(), files: realFiles };
const TRIAL = '#include <linux/module.h>\nMODULE_DESCRIPTION("trial");\nMODULE_LICENSE("GPL");\n';

/** A kernel of a newer release, and the host must really be unable to build for it: else nothing is shown. */
async function foreign(t: TestContext): Promise<{ kernel: DebianKernel; root: BuildRoot } | undefined> {
  const kernel = await obtainKernel('7.3', deps);
  if (kernel.hostBuild) {
    t.skip(`this host builds for ${kernel.release} by itself`);
    return undefined;
  }
  return { kernel, root: await obtainBuildRoot(kernel, deps) };
}

/** Whether anything of the build root is mounted where everybody sees it. */
function mounted(root: BuildRoot): boolean {
  assert.ok(root.directory);
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(root.directory);
}

/** `make` of a module of one file. */
function makeModule(t: TestContext, kernel: DebianKernel, env: Readonly<Record<string, string>>) {
  const build = makeTree(t, { Kbuild: 'obj-m := trial.o\n', 'trial.c': TRIAL });
  const module = path.join(build, 'trial.ko');
  return { ...run(build, 'make', ['-C', kernel.buildDir, `M=${build}`, 'modules'], { ...env }), module };
}

test('a kernel that the host builds for needs nothing', async () => {
  const kernel = await obtainKernel('6.12', deps);
  if (kernel.hostBuild) assert.deepEqual(await obtainBuildRoot(kernel, deps), { env: {} });
});

test('a module builds with the compiler that built the kernel, and only that way', async (t) => {
  const made = await foreign(t);
  if (made === undefined) return;
  const { kernel, root } = made;
  const plain = makeModule(t, kernel, {});
  assert.notEqual(plain.status, 0, 'the host alone cannot');

  const { status, output, module } = makeModule(t, kernel, root.env);
  assert.equal(status, 0, output);
  const built = readFileSync(module, 'latin1');
  assert.ok(built.includes(`vermagic=${kernel.release} `), 'for this kernel');
  const config = readFileSync(path.join(kernel.buildDir, '.config'), 'utf8');
  const compiler = /^CONFIG_CC_VERSION_TEXT="\S*gcc-(\d+) /m.exec(config)?.[1];
  assert.equal(/GCC: \(Debian [^)]*\) (\d+)\./.exec(built)?.[1], compiler);
  assert.ok(!mounted(root), 'nothing stays mounted');
});

test('paths, working directory, environment and exit status are the same inside and outside', async (t) => {
  const made = await foreign(t);
  if (made === undefined) return;
  const { root } = made;
  const dir = makeTree(t, {
    'with space/Makefile': 'all:\n\t@pwd; echo "$$WORD"; cat ../seen; echo made > made; exit 7\n',
    seen: 'outside\n',
  });
  const cwd = path.join(dir, 'with space');
  const result = run(cwd, 'make', ['-s'], { ...root.env, WORD: 'a b' });
  assert.match(result.output, new RegExp(`^${cwd}\na b\noutside\n`));
  assert.equal(result.status, 2, 'status of make');
  assert.equal(readFileSync(path.join(cwd, 'made'), 'utf8'), 'made\n');
});

test('a killed build leaves no mount and no process', async (t) => {
  const made = await foreign(t);
  if (made === undefined) return;
  const { root } = made;
  const dir = makeTree(t, { Makefile: 'all:\n\t@echo $$$$ > pid; exec sleep 100\n' });
  const stop = new AbortController();
  const work = createRunner(stop.signal).run({ file: 'make', args: ['-s'], cwd: dir, env: root.env });
  const pid = path.join(dir, 'pid');
  while (!existsSync(pid) || statSync(pid).size === 0) await new Promise((done) => setTimeout(done, 20));
  stop.abort();
  await assert.rejects(work, /interrupted/);
  const child = readFileSync(pid, 'utf8').trim();
  // Who inherits it may take a moment to bury it.
  const buried = Date.now() + 60_000;
  while (existsSync(`/proc/${child}`) && Date.now() < buried)
    await new Promise((done) => setTimeout(done, 20));
  assert.ok(!existsSync(`/proc/${child}`), 'the recipe ended with make');
  assert.ok(!mounted(root));
});

test('a build root of the cache needs no network, and no packages', async (t) => {
  const made = await foreign(t);
  if (made === undefined) return;
  const build = makeTree(t, { Kbuild: 'obj-m := trial.o\n', 'trial.c': TRIAL });
  const program = fileURLToPath(new URL('./build-foreign.js', import.meta.url));
  const node = [process.execPath, program, build];
  const result = run('/', 'unshare', ['--user', '--map-root-user', '--net', ...node]);
  assert.equal(result.status, 0, result.output);
  assert.ok(existsSync(path.join(build, 'trial.ko')));
});

test('an unpacking that fails leaves nothing behind and can be repeated', async (t) => {
  const made = await foreign(t);
  if (made === undefined) return;
  const { kernel } = made;
  const cache = makeTree(t, {});
  const before = process.env.NETMAP_CACHE_DIR;
  process.env.NETMAP_CACHE_DIR = cache;
  t.after(() => {
    if (before === undefined) delete process.env.NETMAP_CACHE_DIR;
    else process.env.NETMAP_CACHE_DIR = before;
  });
  const broken = {
    files: realFiles,
    runner: {
      run: (command: Parameters<typeof deps.runner.run>[0]) =>
        deps.runner.run(command.file === 'mmdebstrap' ? { ...command, args: ['--no-such-option'] } : command),
    },
  };
  await assert.rejects(obtainBuildRoot(kernel, broken), { code: 'fetch-failed' });
  const left = readdirSync(path.join(cacheDirectory(), 'chroots'));
  assert.deepEqual(
    left.filter((name) => !name.endsWith('.log')),
    [],
  );
});
