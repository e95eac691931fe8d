// What must be so before a compiled program can start, told in one line each. Plain JavaScript that Node.js 12 reads
// too: an older one must live long enough to say that it is too old.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

function numbers(version) {
  return version.split('.').map(Number);
}

function older(version, than) {
  const [ours, theirs] = [numbers(version), numbers(than)];
  const at = ours.findIndex((number, index) => number !== theirs[index]);
  return at >= 0 && ours[at] < theirs[at];
}

/** Ends the process with one line: what is wrong, and what to do. */
export function fail(what, mend) {
  process.stderr.write(`error: ${what}${mend === undefined ? '' : `; to do: ${mend}`}\n`);
  process.exit(1);
}

/** Ends the process when this Node.js is older than package.json allows. */
export function requireNode() {
  const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const oldest = engines.node.replace('>=', '');
  if (older(process.versions.node, oldest))
    fail(
      `Node.js ${process.versions.node} is too old`,
      `install Node.js ${oldest} or newer, and run this again`,
    );
}

/** Runs `main` of a compiled program and takes its exit status: `module` is the program's path below dist/. */
export function launch(module) {
  requireNode();
  const run = ({ main }) => main(process.argv.slice(2));
  return import(path.join(root, 'dist', module)).then(run, explain).then((status) => {
    process.exitCode = status;
  });
}

/** A clone where npm did not run yet has no dist/ and no packages. Every other error is the program's own. */
function explain(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  const clone = existsSync(path.join(root, 'package-lock.json'));
  const [cause] = error.message.split(' imported from ');
  fail(
    `the program in ${root} is not complete: ${cause}`,
    clone ? `cd ${root} && npm ci` : 'install the package once more with npm',
  );
}
