#!/usr/bin/env node
// Makes a bare clone runnable: installs the npm packages when they are missing or older than the lock
// file, compiles the TypeScript when it is newer than dist/, then hands over. Plain JavaScript without
// dependencies, because nothing else is there yet when it runs.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fail, requireNode, root } from './launch.js';

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The newest modification time, in ms, of the TypeScript files below `directory`, directories included. */
function newest(directory) {
  let latest = modified(directory);
  let entries = [];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return latest;
  }
  for (const entry of entries) {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, newest(full));
    else if (entry.name.endsWith('.ts')) latest = Math.max(latest, modified(full));
  }
  return latest;
}

function run(what, file, args) {
  const started = Date.now();
  process.stdout.write(`${what} ...\n`);
  const result = spawnSync(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error !== undefined) fail(`cannot run ${file}: ${result.error.message}`);
  if (result.status !== 0) fail(`${what} failed`, `cd ${root} && ${[file, ...args].join(' ')}`);
  process.stdout.write(`${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/** npm writes node_modules/.package-lock.json last, so its age tells whether an installation completed. */
function installPackages() {
  const installed = path.join(root, 'node_modules', '.package-lock.json');
  if (modified(installed) >= modified(path.join(root, 'package-lock.json'))) return;
  // Without scripts: the compilation comes next, and none of the packages has one.
  run('installing the npm packages (npm ci)', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  const now = new Date();
  utimesSync(installed, now, now);
}

/** Removes compiled files whose source is gone, so that no stale test runs. */
function removeStale(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.js(\.map)?$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const source = path.join(
      root,
      path.relative(path.join(root, 'dist'), file).replace(/\.js(\.map)?$/, '.ts'),
    );
    if (modified(source) === 0) rmSync(file);
  }
}

/** The stamp is written only after a clean compilation. */
function compile() {
  const dist = path.join(root, 'dist');
  const stamp = path.join(dist, '.compiled');
  const sources = [
    ...['src', 'test', 'bench'].map((room) => newest(path.join(root, room))),
    ...['tsconfig.json', 'node_modules/.package-lock.json'].map((file) => modified(path.join(root, file))),
  ];
  if (modified(stamp) > Math.max(...sources)) return;
  const started = new Date();
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (modified(compiler) === 0) fail('there is no compiler for the TypeScript', `cd ${root} && npm ci`);
  run('compiling the TypeScript', process.execPath, [compiler]);
  removeStale(dist);
  writeFileSync(stamp, '');
  utimesSync(stamp, started, started);
}

requireNode();
const [goal, ...rest] = process.argv.slice(2);
// npm calls this when it has installed the packages. An unpacked package is compiled, and has no sources.
if (goal === 'prepare') {
  if (modified(path.join(root, 'tsconfig.json')) > 0) compile();
  process.exit(0);
}
installPackages();
compile();

if (goal === 'test') {
  const { main } = await import(path.join(root, 'dist', 'test', 'run.js'));
  await main(rest);
} else if (goal !== 'build') {
  const { main } = await import(path.join(root, 'dist', 'src', 'cli', 'main.js'));
  process.exitCode = await main(goal === undefined ? rest : [goal, ...rest]);
}
