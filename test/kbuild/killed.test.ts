import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { killAtMoments } from '../support/kill.js';
import { makeTree } from '../support/tree.js';
import { fixturePackage, fixtureSources, kernel, run } from './fixture.js';

const MOMENTS = 20;
/** What a run tells about itself; everything else must be the same however often it was interrupted. */
const OWN_WORDS = ['config.log', 'netmap-tmpdir'];

function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !OWN_WORDS.some((own) => name.startsWith(own)))
    .filter((name) => statSync(path.join(folder, name)).isFile());
  return Object.fromEntries(
    names
      .sort()
      .map((name) => [name, readFileSync(path.join(folder, name), 'utf8').replaceAll(folder, '<build>')]),
  );
}

test(`configure is killed at ${MOMENTS} moments; a run after that gives what an undisturbed one gives`, async (t) => {
  const { buildDir, release } = await kernel('6.12');
  const pkg = fixturePackage(t);
  const sources = fixtureSources(t, release);
  const program = path.join(pkg, 'bin/netmap-configure.js');
  const args = [`--kernel-dir=${buildDir}`, `--kernel-sources=${sources}`, '--drivers=realtek,veth.c'];
  const cache = makeTree(t, {});
  const env = { NETMAP_CACHE_DIR: cache };

  const undisturbed = makeTree(t, {});
  assert.equal(run(undisturbed, program, args, env).status, 0);
  const started = performance.now();
  assert.equal(run(undisturbed, program, args, env).status, 0);
  const whole = performance.now() - started;

  const build = makeTree(t, {});
  const killed = await killAtMoments(MOMENTS, whole, async (after) => {
    // The program alone: what it started goes on.
    const child = spawn(program, args, {
      cwd: build,
      env: { ...process.env, ...env },
      stdio: 'ignore',
      detached: true,
    });
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.on('close', (_, signal) => resolve(signal)),
    );
    const timer = setTimeout(() => child.kill('SIGKILL'), after);
    return (await ended.finally(() => clearTimeout(timer))) === 'SIGKILL';
  });
  assert.ok(killed >= MOMENTS / 2, `${killed} of ${MOMENTS} runs were killed before their end`);
  const last = run(build, program, args, env);
  assert.equal(last.status, 0, last.output);
  // No temporary file is left: contents() names every file.
  assert.deepEqual(contents(build), contents(undisturbed));
});
