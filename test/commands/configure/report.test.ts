import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printSet, renderReport, renderSummary } from '../../../src/commands/configure/report.js';
import { box, errorBox } from '../../../src/core/terminal/boxes.js';

const GOLDEN = `kernel directory            /lib/modules/6.11.0-13-generic/build
                            [/usr/src/linux-headers-6.11.0-13-generic]
kernel sources              /usr/src/linux-source-6.11.0
linux version               60b00  [6.11]
module file                 netmap.ko

subsystems                  null sink ptnetmap generic monitor pipe vale \n\
apps                        dedup vale-ctl nmreplay tlem lb bridge pkt-gen \n\
native drivers              realtek \n\

Contents of the drivers.mak file:
realtek@conf := CONFIG_R8169
realtek@src := cp -Rp /usr/src/linux-source-6.11.0/drivers/net/ethernet/realtek realtek
realtek@patch := patches/vanilla--realtek--60000--99999
`;

const facts = {
  kernelDir: '/lib/modules/6.11.0-13-generic/build',
  kernelDirReal: '/usr/src/linux-headers-6.11.0-13-generic',
  sources: '/usr/src/linux-source-6.11.0',
  sourcesReal: '/usr/src/linux-source-6.11.0',
  version: { hex: '60b00', dotted: '6.11' },
  modName: 'netmap',
  subsystems: ['vale', 'pipe', 'monitor', 'generic', 'ptnetmap', 'sink', 'null'],
  apps: ['pkt-gen', 'bridge', 'lb', 'tlem', 'nmreplay', 'vale-ctl', 'dedup'],
  drivers: ['realtek'],
  driversMak: GOLDEN.slice(GOLDEN.indexOf('realtek@conf')),
};

test('the report is the classic one, byte for byte', () => assert.equal(renderReport(facts), GOLDEN));

test('without drivers and sources', () => {
  const { sources, sourcesReal, driversMak, ...rest } = facts;
  const report = renderReport({ ...rest, drivers: [] });
  assert.match(report, /^kernel sources {14}-$/m);
  assert.match(report, /^native drivers {14}$/m);
  assert.doesNotMatch(report, /drivers\.mak/);
});

test('sets print in reverse order with a trailing blank', () => {
  assert.equal(printSet(['a', 'b', 'c']), 'c b a ');
  assert.equal(printSet([]), '');
});

test('boxes are 77 columns wide', () => {
  const text = box('NOTE', ['Running some preliminary tests to customize the build environment.']);
  assert.equal(
    text,
    `${'*'.repeat(34)}  NOTE   ${'*'.repeat(34)}
*** Running some preliminary tests to customize the build environment.
${'*'.repeat(77)}
`,
  );
  for (const title of ['NOTE', 'WARNING', 'ERROR'] as const) {
    assert.equal(box(title, []).split('\n')[0]?.length, 77);
  }
});

test('an error box shows the configuration', () => {
  const lines = errorBox(['it failed'], 'module file   netmap.ko\n').split('\n');
  assert.deepEqual(lines.slice(1, 7), [
    '*** it failed',
    '***',
    '***',
    '*** Current configuration values:',
    '***',
    '*** module file   netmap.ko',
  ]);
});

test('the summary shows what was asked, what came of it, why, and what to do', () => {
  const decision = { requested: 'named' } as const;
  const rows: Parameters<typeof renderSummary>[0] = [
    { ...decision, driver: 'realtek', result: 'native', reason: 'p fits', nextStep: 'make' },
    { ...decision, driver: 'igb', result: 'dropped', reason: 'there is no patch', nextStep: 'port it' },
  ];
  assert.equal(
    renderSummary(rows),
    [
      'driver   requested  result   reason / next step',
      'realtek  named      native   p fits',
      '                             -> make',
      'igb      named      dropped  there is no patch',
      '                             -> port it',
      '',
    ].join('\n'),
  );
});
