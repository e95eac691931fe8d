import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { runWith } from '../../../src/cli/port.js';
import { exitCodes, NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import { packageRoot } from '../../../src/core/paths.js';
import { createRunner } from '../../../src/core/runner.js';
import type { Tools } from '../../../src/core/tools.js';
import { toySource } from '../../porting/toy-driver.js';
import { silentContext } from '../../support/program.js';

const RULES = path.join(packageRoot, 'test/porting/fixtures/mini-r8169');
const NOBODY = 65534;
const DRIVER = 'drivers/net/ethernet/realtek';

let base: string;
let tree: string;
let printed: string[];

beforeEach(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), 'netmap-port-test-'));
  tree = path.join(base, 'linux');
  printed = [];
  await makeTree(toySource);
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function makeTree(source: string): Promise<void> {
  await mkdir(path.join(tree, DRIVER), { recursive: true });
  await writeFile(path.join(tree, 'Makefile'), 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\n');
  await writeFile(path.join(tree, DRIVER, 'r8169_main.c'), source);
}

function command(...words: string[]): Promise<number> {
  return commandWith({ runner: createRunner(), files: realFiles }, ...words);
}

/** The program in this process: what it prints is kept. @throws what stopped it */
async function commandWith(tools: Tools, ...words: string[]): Promise<number> {
  const context = { ...silentContext(), cwd: process.cwd(), env: process.env };
  const { status, out, problem } = await runWith(words, context, tools);
  if (problem !== undefined) throw new NetmapError(problem);
  printed.push(out.trimEnd());
  return status;
}

const port = (...more: string[]): Promise<number> =>
  command(
    RULES,
    '--kernel-sources',
    tree,
    '--out',
    path.join(base, 'out'),
    '--work',
    path.join(base, 'work'),
    ...more,
  );

async function refusedWith(code: string, promise: Promise<number>, why = /./): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof NetmapError, String(error));
    assert.equal(error.code, code);
    assert.match(`${error.problem.what}\n${error.problem.why ?? ''}`, why);
    assert.ok(error.problem.mend, 'says what to do');
    return true;
  });
  assert.deepEqual(await readdir(base), ['linux'], 'nothing is left behind');
}

test('a port is written, with a work folder that has its history', async () => {
  assert.equal(await port('--report', path.join(base, 'report')), exitCodes.ok);
  const patch = await readFile(path.join(base, 'out/vanilla--realtek--60100--60200'), 'utf8');
  assert.match(patch, /^--- a\/realtek\/r8169_main\.c\n\+\+\+ b\/realtek\/r8169_main\.c\n@@/);
  const log = await createRunner().run({
    file: 'git',
    args: ['log', '--format=%s'],
    cwd: path.join(base, 'work'),
  });
  assert.deepEqual(log.stdout.trim().split('\n'), [
    'netmap hooks for realtek',
    'realtek of Linux 6.1.192, unchanged',
  ]);
  const report = JSON.parse(await readFile(path.join(base, 'report/realtek-6.1.192.json'), 'utf8'));
  assert.equal(report.outcome, 'ported');
  assert.equal(report.patch, patch);
  const html = await readFile(path.join(base, 'report/realtek-6.1.192.html'), 'utf8');
  assert.ok(report.placements.length > 5, 'hooks were placed');
  for (const hook of report.placements) assert.ok(html.includes(`id="${hook.hook}"`));
  assert.ok(!/(src|href)="(?!#)/.test(html), 'the page needs no other file');
});

test('a dry run writes nothing', async () => {
  assert.equal(await port('--dry-run', '--report', path.join(base, 'report')), exitCodes.ok);
  assert.match(printed.join('\n'), /would write .*vanilla--realtek--60100--60200/);
  assert.deepEqual(await readdir(base), ['linux']);
});

test('a refused port writes no patch, says why and exits with 8', async () => {
  await makeTree(toySource.replaceAll('rtl_tx', 'rtl_transmit'));
  assert.equal(await port(), exitCodes.portRefused);
  const text = printed.join('\n');
  assert.match(text, /hook tx-irq \(tx-irq\): refused \(function-gone\)/);
  assert.match(text, /similar: .*rtl_transmit/);
  assert.match(text, /edit: .*manifest\.json, hooks\[\d+\]\.functions/);
  assert.ok(!existsSync(path.join(base, 'out')));
});

test('a refusal shows the hook in an earlier patch beside the function of today', async () => {
  assert.equal(await port(), exitCodes.ok);
  await rm(path.join(base, 'work'), { recursive: true });
  await makeTree(toySource.replaceAll('rtl_tx', 'rtl_transmit').replaceAll('rtl_rx(', 'xyz('));
  printed = [];
  assert.equal(await port('--report', path.join(base, 'report')), exitCodes.portRefused);
  const text = printed.join('\n');
  assert.match(text, /before, in vanilla--realtek--60100--60200 @@ -\d+ \+\d+ @@:/);
  assert.match(text, /^ +\+\tif \(re_netmap_tx_irq\(tp\)\)$/m);
  assert.match(text, /now, in the likeliest function, rtl_transmit:/);
  assert.match(
    text,
    /now, in the likeliest function, xyz:/,
    'found by the lines around the hook, not by name',
  );
  const report = JSON.parse(await readFile(path.join(base, 'report/realtek-6.1.192.json'), 'utf8'));
  const [first] = report.evidence;
  const lines = toySource.replaceAll('rtl_tx', 'rtl_transmit').split('\n');
  assert.equal(lines[first.now.line - 1], first.now.lines[0], 'line numbers are those of the file');
  const html = await readFile(path.join(base, 'report/realtek-6.1.192.html'), 'utf8');
  assert.match(html, /now, likeliest: rtl_transmit/);
});

test('a refusal without any earlier patch says so', async () => {
  await makeTree(toySource.replaceAll('napi_enable', 'napi_enable_locked'));
  assert.equal(await port(), exitCodes.portRefused);
  const text = printed.join('\n');
  assert.match(text, /hook ring-reset .*refused \(no-match\)/);
  // The package has patches for the real driver; this hook of the toy rules is in them too, or it is told.
  assert.match(text, /before(, in vanilla--realtek--\w+--\w+ @@|: no earlier patch)/);
  assert.match(text, /now, in rtl_reset_work:\n +\d+ {2}.*rtl_reset_work/);
});

test('--from ports with rules derived from a patch', async () => {
  assert.equal(await port(), exitCodes.ok);
  const patch = path.join(base, 'out/vanilla--realtek--60100--60200');
  const text = await readFile(patch, 'utf8');
  const newer = path.join(base, 'newer');
  await mkdir(path.join(newer, DRIVER), { recursive: true });
  await writeFile(path.join(newer, 'Makefile'), 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\n');
  const changed = `/* moved */\n${toySource.replace('\tdirty_tx = tp->dirty_tx;\n', '\tprefetch(tp);\n\tdirty_tx = tp->dirty_tx;\n')}`;
  await writeFile(path.join(newer, DRIVER, 'r8169_main.c'), changed);
  const words = ['realtek', '--kernel-sources', newer, '--from', patch, '--dry-run'];
  await assert.rejects(
    command(...words),
    (error) => error instanceof NetmapError && /--from-sources/.test(error.problem.mend ?? ''),
  );
  printed = [];
  assert.equal(await command(...words, '--from-sources', tree, '--json'), exitCodes.ok, printed.join('\n'));
  const [result] = JSON.parse(printed.join('\n')).results;
  const added = (diff: string) => diff.split('\n').filter((line) => /^\+(?!\+)/.test(line));
  assert.deepEqual(added(result.patch), added(text), 'the same hooks');
});

test('--from takes a manifest, and refuses rules of another driver', async () => {
  const words = ['realtek', '--kernel-sources', tree, '--dry-run', '--from'];
  assert.equal(await command(...words, path.join(RULES, 'manifest.json')), exitCodes.ok);
  assert.equal(await command(...words, RULES), exitCodes.ok);
  await refusedWith('from-missing', command(...words, path.join(base, 'none')));
  await refusedWith(
    'rules-of-other-driver',
    command('e1000', '--kernel-sources', tree, '--from', RULES),
    /is about realtek/,
  );
});

test('a refused port is finished by hand and resumed', async () => {
  await makeTree(toySource.replaceAll('rtl_tx', 'rtl_transmit'));
  assert.equal(await port(), exitCodes.portRefused);
  const file = path.join(base, 'work/realtek/r8169_main.c');
  const partial = await readFile(file, 'utf8');
  assert.match(partial, /re_netmap_reset\(tp\)/);
  const hook = '#ifdef DEV_NETMAP\n\tif (re_netmap_tx_irq(tp))\n\t\treturn;\n#endif /* DEV_NETMAP */\n';
  await writeFile(
    file,
    partial.replace('\tdirty_tx = tp->dirty_tx;\n', `${hook}\tdirty_tx = tp->dirty_tx;\n`),
  );
  await assert.rejects(
    port(),
    (error) => error instanceof NetmapError && error.code === 'work-folder-edited',
  );
  assert.equal(await port('--resume'), exitCodes.ok, printed.join('\n'));
  assert.match(printed.join('\n'), /tx-irq .*placed by hand, in rtl_transmit, which the rules do not name/);
  assert.match(
    await readFile(path.join(base, 'out/vanilla--realtek--60100--60200'), 'utf8'),
    /re_netmap_tx_irq/,
  );
});

test('an edit that changes the driver itself is not resumed', async () => {
  assert.equal(await port(), exitCodes.ok);
  await rm(path.join(base, 'out'), { recursive: true });
  const file = path.join(base, 'work/realtek/r8169_main.c');
  await writeFile(file, (await readFile(file, 'utf8')).replace('\tnapi_disable(&tp->napi);\n', ''));
  assert.equal(await port('--resume'), exitCodes.portRefused);
  assert.match(printed.join('\n'), /differs from the kernel's in more than hooks/);
  assert.ok(!existsSync(path.join(base, 'out')));
});

test('one hook is explained', async () => {
  const explain = (hook: string) => command(RULES, '--kernel-sources', tree, '--explain', hook);
  assert.equal(await explain('ring-reset'), exitCodes.ok);
  assert.match(printed.join('\n'), /placed at line \d+, in front of `napi_enable/);
  await refusedWith('usage', explain('none'), /its hooks are include/);
});

test('bad input: no kernel tree', async () => {
  await refusedWith(
    'sources-missing',
    command(RULES, '--kernel-sources', path.join(base, 'none')),
    /no such directory/,
  );
  await writeFile(path.join(tree, 'Makefile'), 'all:\n');
  await refusedWith('sources-missing', port(), /no Makefile that sets VERSION/);
});

test('bad input: no such driver', async () => {
  await refusedWith('manifest-missing', command('no-such-driver', '--kernel-sources', tree));
});

test('bad input: half a tree', async () => {
  await rm(path.join(tree, DRIVER, 'r8169_main.c'));
  await refusedWith('driver-missing', port(), /not there: .*r8169_main\.c/);
  await rm(path.join(tree, 'drivers'), { recursive: true });
  await refusedWith('driver-missing', port(), /headers, or half a tree/);
});

test('bad input: symbolic links out of the tree', async () => {
  const file = path.join(tree, DRIVER, 'r8169_main.c');
  await rm(file);
  await symlink('/etc/passwd', file);
  await refusedWith('source-unfit', port(), /out of the tree/);
  await rm(file);
  await writeFile(file, toySource);
  await symlink('/etc', path.join(tree, DRIVER, 'docs'));
  await refusedWith('source-unfit', port(), /docs is a symbolic link out of the tree/);
});

const contents: [title: string, content: string | Uint8Array, why: RegExp][] = [
  ['CR LF', toySource.replaceAll('\n', '\r\n'), /CR LF/],
  ['10 MB', `${toySource}/* ${'x'.repeat(10 << 20)} */\n`, /bytes/],
  ['NUL bytes', `${toySource}\0\n`, /NUL/],
  ['not UTF-8', new Uint8Array([0x2f, 0x2f, 0xff, 0xfe, 0x0a]), /UTF-8/],
  ['cut off', toySource.slice(0, -1), /cut off/],
];

for (const [title, content, why] of contents)
  test(`bad input: ${title}`, async () => {
    await writeFile(path.join(tree, DRIVER, 'r8169_main.c'), content);
    await refusedWith('source-unfit', port(), why);
  });

test('bad input: unreadable file', async (t) => {
  await chmod(path.join(tree, DRIVER, 'r8169_main.c'), 0);
  if (process.getuid?.() !== 0) return refusedWith('source-unreadable', port(), /EACCES/);
  // Root reads everything: the program runs as nobody, where nobody may read the program.
  await chmod(base, 0o755);
  const args = [path.join(packageRoot, 'bin/netmap-port-driver.js'), RULES, '--kernel-sources', tree];
  const options = { cwd: '/', uid: NOBODY, gid: NOBODY, encoding: 'utf8' as const };
  if (spawnSync(process.execPath, [...args, '--help'], options).status !== 0)
    return t.skip('the package is in a folder that only root may read');
  const { status, stderr } = spawnSync(process.execPath, [...args, '--dry-run'], options);
  assert.equal(status, exitCodes.failure, stderr);
  assert.match(stderr, /r8169_main\.c[\s\S]*EACCES/);
  assert.match(stderr, /to do: /);
});

test('git is missing', async (t) => {
  const programs = await mkdtemp(path.join(os.tmpdir(), 'netmap-programs-'));
  await symlink('/usr/bin/patch', path.join(programs, 'patch'));
  const { PATH } = process.env;
  t.after(async () => {
    process.env.PATH = PATH;
    await rm(programs, { recursive: true });
  });
  process.env.PATH = programs;
  await refusedWith('command-missing', port());
});

test('the work folder is taken', async () => {
  await mkdir(path.join(base, 'work'));
  await writeFile(path.join(base, 'work/letter.txt'), 'mine');
  await assert.rejects(
    port(),
    (error) => error instanceof NetmapError && error.code === 'work-folder-in-the-way',
  );
  assert.deepEqual(await readdir(path.join(base, 'work')), ['letter.txt']);
});

test('the disk is full', async () => {
  const full = new NetmapError({
    code: 'file-system',
    what: 'cannot write',
    why: 'ENOSPC',
    mend: 'free some space',
  });
  const files = { ...realFiles, write: () => Promise.reject(full) };
  const tools = { runner: createRunner(), files };
  const words = [
    RULES,
    '--kernel-sources',
    tree,
    '--out',
    path.join(base, 'out'),
    '--work',
    path.join(base, 'work'),
  ];
  await refusedWith('file-system', commandWith(tools, ...words), /ENOSPC/);
});

test('the place of the patch is taken by a file', async () => {
  await writeFile(path.join(base, 'out'), 'mine');
  await assert.rejects(port(), (error) => error instanceof NetmapError && error.code === 'file-system');
  assert.equal(await readFile(path.join(base, 'out'), 'utf8'), 'mine');
});

test('several trees and one work folder', async () => {
  await refusedWith('usage', command(RULES, '--kernel-sources', tree, tree, '--work', path.join(base, 'w')));
  await refusedWith('usage', command(RULES, '--kernel-sources', tree, tree, '--kernel-dir', base));
});

test('stored patches are looked over', async () => {
  assert.equal(await port(), exitCodes.ok);
  const patches = path.join(base, 'out');
  await writeFile(
    path.join(patches, 'vanilla--realtek--60000--60f00'),
    await readFile(path.join(patches, 'vanilla--realtek--60100--60200')),
  );
  await writeFile(path.join(patches, 'notes.txt'), '');
  assert.equal(await command('audit', '--patches', patches), exitCodes.portRefused);
  assert.match(printed.join('\n'), /misnamed: notes\.txt/);
  assert.match(printed.join('\n'), /overlaps: vanilla--realtek--60000--60f00/);
});

test('the schema of a manifest is printed', async () => {
  assert.equal(await command('schema'), exitCodes.ok);
  const schema = JSON.parse(printed.join('\n'));
  assert.ok(schema.required.includes('hooks'));
});
