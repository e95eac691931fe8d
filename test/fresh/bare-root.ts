import { spawn, spawnSync } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { realFiles } from '../../src/core/files.js';
import { withLock } from '../../src/core/lock.js';
import { cacheDirectory, packageRoot } from '../../src/core/paths.js';
import { createRunner } from '../../src/core/runner.js';
import { describeSources } from '../../src/lab/vm/apt.js';
import { cloneInto } from '../support/repository.js';

const SUITES = ['bookworm', 'bookworm-updates', 'bookworm-security'];
const deps = { runner: createRunner(), files: realFiles };

export interface BareOutcome {
  readonly status: number;
  /** Standard output and errors. */
  readonly output: string;
}

/** A Debian 12 that has what its container image has, git and certificates; made once, in the cache. */
async function obtainBareRoot(): Promise<string> {
  const directory = path.join(cacheDirectory(), 'chroots', 'bookworm-bare');
  const stamp = path.join(directory, 'etc/debian_version');
  return withLock(`${directory}.lock`, async () => {
    if (existsSync(stamp)) return directory;
    const temporary = `${directory}.${process.pid}.tmp`;
    const aside = mkdtempSync(path.join(path.dirname(directory), 'bare-sources-'));
    try {
      const { sources, settings } = await describeSources(SUITES, deps);
      writeFileSync(path.join(aside, 'debian.sources'), sources);
      writeFileSync(path.join(aside, 'apt.conf'), settings);
      await deps.runner.run({
        file: 'mmdebstrap',
        args: [
          '--variant=minbase',
          '--architectures=amd64',
          `--aptopt=${path.join(aside, 'apt.conf')}`,
          '--include=ca-certificates,git',
          'bookworm',
          temporary,
          path.join(aside, 'debian.sources'),
        ],
        env: { LC_ALL: 'C', APT_CONFIG: undefined },
        logFile: `${directory}.log`,
      });
      await rename(temporary, directory);
    } finally {
      await rm(temporary, { recursive: true, force: true });
      rmSync(aside, { recursive: true, force: true });
    }
    return directory;
  });
}

/**
 * Runs commands in a copy of the bare system, one after the other, with a clone of this tree. The copy goes with the
 * test. The output is in `log` while they run.
 */
export async function bareRoot(
  t: TestContext,
  log: string,
): Promise<(...words: string[]) => Promise<BareOutcome>> {
  const base = await obtainBareRoot();
  const root = `${base}.${path.basename(log)}.${process.pid}.tmp`;
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const copied = spawnSync('cp', ['-a', '--reflink=auto', base, root], { encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(copied.stderr);
  cloneInto(path.join(root, 'root/clone'));
  mkdirSync(path.dirname(log), { recursive: true });
  return (...words) => inside(root, words, log);
}

/** The process namespace ends with its first process: an interrupted test leaves no process and no mount. */
function inside(root: string, words: readonly string[], log: string): Promise<BareOutcome> {
  const script = path.join(packageRoot, 'test/fresh/inside.sh');
  const namespace = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];
  const child = spawn('unshare', [...namespace, script, root, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stream = createWriteStream(log);
  child.stdout.pipe(stream, { end: false });
  child.stderr.pipe(stream, { end: false });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      stream.end(() => resolve({ status: code ?? -1, output: readFileSync(log, 'utf8') })),
    );
  });
}
