/*
 * The VM runner itself, on Debian's 6.12 (and 6.1, which boots another way):
 *
 *     [host: runVm] --- KTAP on ttyS1, files on ttyS2, QMP --- [guest]
 *     [guest eth0 = nic0] --- hub 0 --- [eth1 = nic1, in namespace peer]
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetmapError } from '../../src/core/errors.js';
import { GuestTestsFailed, type VmVerdict } from '../../src/lab/vm/vm.js';
import { problem, runInVm, vmDeps } from './fixture.js';

/** Command lines of the processes that mention a word. */
async function processesWith(word: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(word));
}

const small = { cpus: 1, memoryMb: 256, timeoutMs: 120_000 };

test('a script that passes: results, data and files come back', async () => {
  const verdict = await runInVm('6.12', {
    ...small,
    name: 'passing',
    files: { '/data/in': { text: 'hello\n' } },
    script: [
      'check "the shell works" test -r /vm/test.sh',
      'equal "a file of the spec is there" hello "$(cat /data/in)"',
      'wait_for "time passes" 60 test -e /proc/uptime',
      'skip "hardware offload" "no such chip"',
      'note answer 42',
      'head -c 100000 /dev/urandom > /tmp/blob',
      'note sum "$(sha256sum < /tmp/blob)"',
      'send_file blob /tmp/blob',
    ].join('\n'),
  });
  assert.deepEqual(
    verdict.tests.map((t) => [t.result, t.name]),
    [
      ['ok', 'the shell works'],
      ['ok', 'a file of the spec is there'],
      ['ok', 'time passes'],
      ['skip', 'hardware offload'],
      ['ok', "the kernel's log is clean"],
    ],
  );
  assert.equal(verdict.data.answer, '42');
  const blob = verdict.files.get('blob');
  assert.ok(blob);
  const { createHash } = await import('node:crypto');
  assert.equal(verdict.data.sum, `${createHash('sha256').update(blob).digest('hex')}  -`);
  assert.ok((await readFile(verdict.consoleLog, 'utf8')).includes('[passing] ok: the shell works'));
});

test('a failing check, and a script that breaks off, fail the run and keep the verdict', async () => {
  const script = 'check "this fails" false\ncheck "this passes" true\nexit 3\n';
  await assert.rejects(
    runInVm('6.12', { ...small, name: 'failing', script }),
    problem('guest-tests-failed', (error) => {
      assert.equal(error.exitCode, 7);
      assert.ok(error instanceof GuestTestsFailed);
      const failed = error.verdict.tests.filter((t) => t.result === 'not ok').map((t) => t.name);
      assert.deepEqual(failed, ['this fails', 'the test script ended with status 3']);
    }),
  );
});

test('the clock of a guest is that of the host', async () => {
  const seconds = 4;
  const verdict = await runInVm('6.12', {
    ...small,
    name: 'clock',
    // The RTC is the host's clock. The guest's is read before and after it: between the two it may stand still for long.
    script: [
      'read_both() { eval "$1_before=$(uptime_ms) $1_rtc=$(cat /sys/class/rtc/rtc0/since_epoch) $1_after=$(uptime_ms)"; }',
      'read_both from',
      'to_rtc=0',
      `until [ $to_rtc -ge $((from_rtc + ${seconds})) ]; do read_both to; done`,
      'note rtc $((to_rtc - from_rtc))',
      'note least $((to_before - from_after))',
      'note most $((to_after - from_before))',
    ].join('\n'),
  });
  const console = await readFile(verdict.consoleLog, 'utf8');
  const khz = Number(/tsc_early_khz=(\d+)/.exec(console)?.[1]);
  // The second line comes when its own measurement of the CPU differs, and does not count then.
  const [first, second] = console.matchAll(/tsc: Detected (\d+)\.(\d{3}) MHz/g);
  const detected = second ?? first;
  assert.equal(Number(`${detected?.[1]}${detected?.[2]}`), khz, 'the kernel believes what the host measured');
  // A second of the RTC is up to one more or less; a wrong frequency shows in several times as much.
  const { rtc, least, most } = verdict.data;
  const what = `${least} to ${most} ms in ${rtc} s`;
  assert.ok(Number(most) > (Number(rtc) - 1) * 900, what);
  assert.ok(Number(least) < (Number(rtc) + 1) * 1100, what);
});

test('a panic is a dead guest, with the last lines of its console', async () => {
  const script = 'check "so far" true\necho c > /proc/sysrq-trigger\n';
  await assert.rejects(
    runInVm('6.12', { ...small, name: 'panicking', script }),
    problem('guest-died', (error) => {
      assert.equal(error.exitCode, 6);
      assert.match(error.problem.why ?? '', /sysrq triggered crash/);
      assert.doesNotMatch(
        error.problem.why ?? '',
        /second boot/,
        'a guest that ran init is not booted again',
      );
    }),
  );
});

test('a warning in the log fails the run even though every check passed', async () => {
  const warn = 'echo "<4>WARNING: CPU: 0 PID: 1 at fs/test.c:1 provoked" > /dev/kmsg\n';
  await assert.rejects(
    runInVm('6.12', { ...small, name: 'warning', script: `${warn}check "all well" true\n` }),
    problem('guest-tests-failed', (error) =>
      assert.match(error.problem.why ?? '', /log is clean: .*provoked/),
    ),
  );
  const allowed = await runInVm('6.12', { ...small, name: 'allowed', script: `${warn}allow_log provoked\n` });
  assert.equal(allowed.tests.at(-1)?.result, 'ok');
});

test("a kernel's own WARN ends the guest at once", async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'warn-'));
  try {
    const { obtainKernel } = await import('../../src/lab/vm/debian-kernel.js');
    const deps = vmDeps();
    const kernel = await obtainKernel('6.12', deps);
    await writeFile(path.join(directory, 'Kbuild'), 'obj-m := provoke.o\n');
    await writeFile(
      path.join(directory, 'provoke.c'),
      [
        '#include <linux/module.h>',
        'static int __init provoke(void) { WARN(1, "provoked"); return 0; }',
        'module_init(provoke);',
        'MODULE_LICENSE("GPL");',
      ].join('\n'),
    );
    await deps.runner.run({ file: 'make', args: ['-C', kernel.buildDir, `M=${directory}`, 'modules'] });
    const files = { '/provoke.ko': { host: path.join(directory, 'provoke.ko') } };
    await assert.rejects(
      runInVm('6.12', { ...small, name: 'warn', files, script: 'run insmod /provoke.ko\n' }),
      problem('guest-died', (error) => assert.match(error.problem.why ?? '', /panic_on_warn set/)),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('a guest that hangs is ended when its time is over', async () => {
  await assert.rejects(
    runInVm('6.12', { ...small, name: 'hanging', timeoutMs: 9_000, script: 'while :; do sleep 1; done\n' }),
    problem('guest-died', (error) => assert.match(error.problem.why ?? '', /no verdict within 9 s/)),
  );
});

test('a boot that dies before init is tried once more, and both are told', async () => {
  await assert.rejects(
    // A root file system is looked for instead of /init, and there is none: the kernel panics.
    runInVm('6.12', { ...small, name: 'early', kernelArgs: ['rdinit=/nothing'], script: '' }),
    problem('guest-died', (error) => assert.match(error.problem.why ?? '', /second boot/)),
  );
});

test('an interrupted run leaves no QEMU and no temporary files', async (t) => {
  // A place of its own: others run machines at the same time.
  const { TMPDIR } = process.env;
  const temporary = await mkdtemp(path.join(os.tmpdir(), 'interrupted-'));
  process.env.TMPDIR = temporary;
  t.after(async () => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await rm(temporary, { recursive: true });
  });
  const interrupt = new AbortController();
  const logDirectory = path.join(temporary, 'log');
  await mkdir(logDirectory);
  const run = runInVm(
    '6.12',
    { ...small, name: 'interrupted', script: 'sleep 100\n', logDirectory },
    vmDeps(interrupt.signal),
  );
  let over = false;
  const noted = () => {
    over = true;
  };
  run.then(noted, noted);
  const console = path.join(logDirectory, 'console.log');
  const booting = async () => (await readFile(console, 'utf8').catch(() => '')).includes('Linux version');
  const interruption = (async () => {
    while (!(await booting()) && !over) await sleep(50);
    assert.notDeepEqual(await processesWith(logDirectory), [], 'QEMU runs');
    interrupt.abort();
  })();
  await Promise.all([assert.rejects(run, problem('interrupted')), interruption]);
  assert.deepEqual(await processesWith(logDirectory), []);
  assert.deepEqual(await readdir(temporary), ['log']);
});

test('a kernel and a NIC model of the cache need no network', async () => {
  const script = [
    "import { vmDeps } from './fixture.js';",
    "import { obtainKernel } from '../../src/lab/vm/debian-kernel.js';",
    "import { obtainNicModel } from '../../src/lab/vm/nic-model.js';",
    "console.log((await obtainKernel('6.12', vmDeps())).release);",
    'await obtainNicModel("rtl8168", vmDeps());',
  ].map((line) => line.replaceAll(/'(\.[^']*)'/g, (_, to) => `'${new URL(to, import.meta.url)}'`));
  const { runner } = vmDeps();
  const node = [process.execPath, '--input-type=module', '--eval', script.join('\n')];
  const result = await runner.run({ file: 'unshare', args: ['--user', '--map-root-user', '--net', ...node] });
  assert.match(result.stdout, /^6\.12\./);
});

const topology = [
  'NIC0=$(pci_of eth0)',
  'run ip netns add peer',
  'run ip link set eth1 netns peer',
  'run ip addr add 10.0.0.1/24 dev eth0',
  'run ip link set eth0 up',
  'in_ns peer ip addr add 10.0.0.2/24 dev eth1',
  'in_ns peer ip link set eth1 up',
  'wait_for "link of eth0 is up" 60 carrier eth0',
  'wait_for "link of eth1 is up" 60 ns_carrier peer eth1',
];

for (const [series, chip] of [
  ['6.12', '8168h'],
  ['6.12', '8125b'],
  ['6.1', '8168evl'],
] as const) {
  test(`the stock r8169 driver of ${series} pings over two software ${chip}`, async () => {
    const nic = { model: 'rtl8168' as const, chip };
    const verdict = await runInVm(series, {
      ...small,
      name: `ping-${chip}`,
      modules: ['r8169'],
      programs: ['ip'],
      nics: [nic, nic],
      script: [...topology, 'check "ping" ping -c 5 -i 0.1 -W 2 10.0.0.2'].join('\n'),
    });
    const { nic0, nic1 } = verdict.nics;
    assert.ok(nic0 && nic1);
    assert.ok((nic0.tx ?? 0) >= 5 && (nic1.rx ?? 0) >= 5);
    assert.equal(nic0.tx, nic1.rx_offered, 'the hub loses nothing');
    assert.equal(nic0.violations, 0);
  });
}

test('two machines on one cable reach each other', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'cable-'));
  const socket = path.join(directory, 'cable');
  const machine = (
    name: string,
    cable: { listen: string } | { connect: string },
    own: string,
    peer: string,
  ) =>
    runInVm('6.12', {
      ...small,
      name,
      modules: ['r8169'],
      nics: [{ model: 'rtl8168', mac: `02:00:00:00:00:0${own.at(-1)}`, cable }],
      script: [
        `run ifconfig eth0 ${own} netmask 255.255.255.0 up`,
        'wait_for "link" 60 carrier eth0',
        `wait_for "the other machine answers" 60 ping -c 1 -W 1 ${peer}`,
        '# stay until the other one has been answered too: Icmp InEchos of /proc/net/snmp',
        `wait_for "and was answered" 60 awk '/^Icmp: [0-9]/ { exit $10 < 1 }' /proc/net/snmp`,
      ].join('\n'),
    });
  const both = () =>
    Promise.allSettled([
      machine('left', { listen: socket }, '10.0.0.1', '10.0.0.2'),
      machine('right', { connect: socket }, '10.0.0.2', '10.0.0.1'),
    ]);
  // A machine that the emulator let down boots again, and has then lost its peer.
  const bootedAgain = (result: PromiseSettledResult<VmVerdict>): boolean => {
    if (result.status === 'fulfilled') return result.value.retried;
    const { reason } = result;
    if (reason instanceof GuestTestsFailed) return reason.verdict.retried;
    return reason instanceof NetmapError && /second boot/.test(reason.problem.why ?? '');
  };
  try {
    let results = await both();
    if (results.some(bootedAgain)) results = await both();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('faults and the DMA guard work from inside the guest, and a violation fails the run', async () => {
  const nic = { model: 'rtl8168' as const };
  await assert.rejects(
    runInVm('6.12', {
      ...small,
      name: 'guard',
      modules: ['r8169'],
      programs: ['ip'],
      nics: [nic, nic],
      script: [
        ...topology,
        '# nobody asks for addresses: the next frame that comes is the answer to the ping',
        'run ip neigh replace 10.0.0.2 dev eth0 nud permanent lladdr $(ip netns exec peer cat /sys/class/net/eth1/address)',
        'in_ns peer ip neigh replace 10.0.0.1 dev eth1 nud permanent lladdr $(cat /sys/class/net/eth0/address)',
        'check "a frame is to be lost" nic_fault "$NIC0" rx_drop 1',
        'check "and is" sh -c "! ping -c 1 -W 1 10.0.0.2"',
        'equal "and counted" 1 "$(nic_stat "$NIC0" rx_drop_fault)"',
        'check "the cable is pulled" nic_cable "$NIC0" 0',
        'wait_for "the link is gone" 60 grep -q 0 /sys/class/net/eth0/carrier',
        'check "the cable is back" nic_cable "$NIC0" 1',
        'wait_for "the link is back" 60 carrier eth0',
        '# the stock driver uses buffers of 16 KiB: with a limit of 2 KiB each of its 256 descriptors offends',
        'guard_register "$NIC0" 0x028 2048',
        'guard_command "$NIC0" 4',
        'equal "every descriptor offends" 256 "$(nic_stat "$NIC0" violations)"',
      ].join('\n'),
    }),
    problem('guest-tests-failed', (error) => {
      assert.ok(error instanceof GuestTestsFailed);
      const failed = error.verdict.tests.filter((t) => t.result === 'not ok').map((t) => t.name);
      assert.equal(failed.length, 1, failed.join('; '));
      assert.match(failed[0] ?? '', /^nic0: the model saw no forbidden DMA: .*violation_length=256/);
    }),
  );
});
