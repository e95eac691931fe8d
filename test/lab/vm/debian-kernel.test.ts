import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import type { Command, CommandResult, Runner } from '../../../src/core/runner.js';
import { obtainKernel } from '../../../src/lab/vm/debian-kernel.js';

let cache = '';
const saved = process.env.NETMAP_CACHE_DIR;

before(async () => {
  cache = await mkdtemp(path.join(os.tmpdir(), 'kernel-test-'));
  process.env.NETMAP_CACHE_DIR = cache;
});

after(async () => {
  if (saved === undefined) delete process.env.NETMAP_CACHE_DIR;
  else process.env.NETMAP_CACHE_DIR = saved;
  await rm(cache, { recursive: true, force: true });
});

const indexes = [
  'Created-By: Packages',
  'Release: bookworm',
  'Component: main',
  'Repo-URI: http://mirror.example/debian/',
].join('\n');

/** apt of a mirror that carries `packages`; downloads fail. */
function aptWith(packages: string, seen: Command[]): Runner {
  const answer = (stdout: string): CommandResult => ({ exitCode: 0, stdout, stderr: '', timedOut: false });
  return {
    async run(command) {
      seen.push(command);
      if (command.args.includes('indextargets')) return answer(indexes);
      if (command.args[0] === 'search') return answer(packages);
      if (command.args[0] === 'show') return answer(`Package: ${command.args.at(-1)}\nVersion: 6.1.5-1\n`);
      if (command.args.includes('download')) {
        throw new NetmapError({ code: command.failure?.code ?? '', what: 'no route to host' });
      }
      return answer('');
    },
  };
}

async function leftovers(): Promise<string[]> {
  return readdir(path.join(cache, 'kernels')).catch(() => []);
}

test('a series that no suite carries is an error, and leaves nothing', async () => {
  const deps = { runner: aptWith('', []), files: realFiles };
  await assert.rejects(
    obtainKernel('6.1', deps),
    (error: unknown) =>
      error instanceof NetmapError && error.code === 'kernel-not-found' && error.exitCode === 4,
  );
  assert.deepEqual(await leftovers(), []);
});

test('a download that fails leaves nothing, and the newest release with its source was asked for', async () => {
  const seen: Command[] = [];
  const found = 'linux-headers-6.1.0-9-amd64 - x\nlinux-headers-6.1.0-56-amd64 - x\n';
  await assert.rejects(
    obtainKernel('6.1', { runner: aptWith(found, seen), files: realFiles }),
    (error: unknown) => error instanceof NetmapError && error.code === 'fetch-failed',
  );
  assert.deepEqual(await leftovers(), []);
  assert.deepEqual(seen.at(-1)?.args.slice(1), [
    'download',
    'linux-headers-6.1.0-56-amd64=6.1.5-1',
    'linux-image-6.1.0-56-amd64=6.1.5-1',
    'linux-source-6.1=6.1.5-1',
  ]);
  const config = seen.find((command) => command.args.includes('update'))?.env?.APT_CONFIG;
  assert.ok(config?.startsWith(cache), 'every apt call is told of the private configuration');
});
