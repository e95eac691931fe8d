import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../src/core/paths.js';
import { toySource } from '../../porting/toy-driver.js';
import { makeTree } from '../../support/tree.js';

const program = path.join(packageRoot, 'bin/netmap-port-driver.js');
const rules = path.join(packageRoot, 'test/porting/fixtures/mini-r8169');

/** Inserts the missing hook when the terminal's next line is the word, whole: nobody else may read its keys. */
const EDITOR = `#!/bin/sh
printf 'EDITOR READY\\n' > /dev/tty
read -r word < /dev/tty
[ "$word" = insert ] || exit 1
sed -i 's|^\\tdirty_tx = tp->dirty_tx;|#ifdef DEV_NETMAP\\n\\tif (re_netmap_tx_irq(tp))\\n\\t\\treturn;\\n#endif /* DEV_NETMAP */\\n&|' "$1"
`;

/** Runs a command on a terminal of its own, and answers what it says. @returns all that it printed */
function onTerminal(
  command: string,
  cwd: string,
  env: Record<string, string>,
  dialogue: readonly (readonly [prompt: string, answer: string])[],
): Promise<{ status: number | null; screen: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qfec', command, '/dev/null'], { cwd, env: { ...process.env, ...env } });
    let screen = '';
    let seen = 0;
    const rest = [...dialogue];
    child.stdout.on('data', (data: Buffer) => {
      screen += data.toString();
      const [next] = rest;
      const at = next === undefined ? -1 : screen.indexOf(next[0], seen);
      if (next === undefined || at < 0) return;
      seen = at + next[0].length;
      rest.shift();
      child.stdin.write(`${next[1]}\r`);
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, screen }));
  });
}

test('a port is finished on a terminal: a choice, then the editor, which has the keys for itself', async (t) => {
  const folder = makeTree(t, {
    'linux/Makefile': 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\n',
    editor: EDITOR,
  });
  await chmod(path.join(folder, 'editor'), 0o755);
  const driver = path.join(folder, 'linux/drivers/net/ethernet/realtek');
  await mkdir(driver, { recursive: true });
  const source = toySource
    .replaceAll('rtl8169_rx_clear', 'rtl8169_rx_clear_ring')
    .replaceAll('rtl_tx', 'transmit_done');
  await writeFile(path.join(driver, 'r8169_main.c'), source);
  const question = 'number, e to edit the file, q to give up: ';
  const { status, screen } = await onTerminal(
    `${process.execPath} ${program} ${rules} --kernel-sources linux --interactive --work work --out out`,
    folder,
    { EDITOR: path.join(folder, 'editor'), VISUAL: '' },
    [
      [question, '2'],
      [question, 'e'],
      ['EDITOR READY', 'insert'],
    ],
  );
  assert.equal(status, 0, screen);
  const patch = await readFile(path.join(folder, 'out/vanilla--realtek--60100--60200'), 'utf8');
  for (const hook of ['re_netmap_rx_clear', 're_netmap_tx_irq']) assert.match(patch, new RegExp(hook));
});

test('the end of the input on a terminal gives up, and nothing is written', async (t) => {
  const folder = makeTree(t, {
    'linux/Makefile': 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\n',
    'linux/drivers/net/ethernet/realtek/r8169_main.c': toySource.replaceAll('rtl_tx', 'transmit_done'),
  });
  const { status, screen } = await onTerminal(
    `${process.execPath} ${program} ${rules} --kernel-sources linux --interactive --work work --out out`,
    folder,
    {},
    [['number, e to edit the file, q to give up: ', '\x04']],
  );
  assert.equal(status, 8, screen);
  await assert.rejects(readFile(path.join(folder, 'out')));
});
