import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Program } from '../libnetmap/c-program.js';
import { checkFrame, pcapFile } from '../libnetmap/check-frames.js';
import { assertValid4, assertValid6, dumped } from './frames.js';
import { sanitizedApp } from './programs.js';

describe('pkt-gen', () => {
  let program: Program;
  let temporary: string;

  before(async () => {
    program = await sanitizedApp('pkt-gen');
    temporary = mkdtempSync(path.join(os.tmpdir(), 'netmap-pkt-gen-'));
  });
  after(() => {
    program.remove();
    rmSync(temporary, { recursive: true, force: true });
  });

  /** What it sends to the null device. */
  function send(...args: string[]): { frame: Buffer; flags: number }[] {
    const { status, stdout, stderr } = program.run(['-i', 'null', '-f', 'tx', '-X', '-T', '10', ...args]);
    assert.equal(status, 0, stderr);
    return dumped(stdout);
  }

  it('sends the reference frames', () => {
    const [short] = send('-n', '1');
    assert.equal(short?.frame.length, 60);
    assert.deepEqual(
      [24, 38, 40].map((at) => short.frame.readUInt16BE(at)),
      [0x26ad, 0x001a, 0x1580],
    );
    const [long] = send('-n', '1', '-l', '64');
    assert.equal(
      long?.frame.toString('hex'),
      'ffffffffffff00000000000008004510' +
        '003200004000401126a90a0000010a01' +
        '000104d204d2001e7c146e65746d6170' +
        '20706b742d67656e2044495245435420',
    );
  });

  it('sends from and to the MAC addresses asked for, IPv4 or IPv6', () => {
    const macs = ['-D', '2:0:0:0:0:1', '-S', '02:00:00:AA:bb:02'];
    const [four] = send('-n', '1', '-6', '-4', ...macs);
    const [six] = send('-n', '1', '-6', '-l', '80', ...macs);
    for (const slot of [four, six])
      assert.equal(slot?.frame.subarray(0, 12).toString('hex'), '020000000001020000aabb02');
    assertValid4(four?.frame ?? Buffer.alloc(0));
    assertValid6(six?.frame ?? Buffer.alloc(0));
  });

  it('sends buffers as they are', () => {
    const frames = send('-n', '2', '-r').map(({ frame }) => frame);
    assert.deepEqual(frames, [Buffer.alloc(60), Buffer.alloc(60)]);
  });

  it('takes ring numbers in the old way, and tells what they mean', () => {
    const run = program.run(['-i', 'netmap:x', '-f', 'tx', '-C', '256,128,2,1,9']);
    assert.match(run.stderr, /WARNING: the -C option is deprecated/);
    assert.match(run.stderr, /ignored config: 9[\s\S]*txr 2 txd 256 rxr 1 rxd 128/);
    assert.match(program.run(['-i', 'netmap:x', '-C', '64']).stderr, /txr 0 txd 64 rxr 0 rxd 64/);
  });

  it('says on how many processors it runs', () => {
    const cpus = os.cpus().length;
    const args = ['-i', 'null', '-f', 'tx', '-n', '1', '-T', '10', '-c', '0', '-a', '0'];
    const { stdout, stderr } = program.run(args);
    assert.match(stderr, new RegExp(`running on 0 cpus \\(have ${cpus}\\)`));
    assert.match(stdout, new RegExp(`1 threads and ${cpus} cpus\\.`));
  });

  it('helps', () => {
    for (const option of ['-h', '--help']) {
      const { status, stderr } = program.run([option]);
      assert.equal(status, 0);
      assert.match(stderr, /^Usage:\npkt-gen -i interface/);
    }
  });

  it('keeps to a rate within 1 %, from 100 packets a second to a million', async () => {
    const paced = async (rate: number): Promise<number> => {
      const args = ['-i', 'null', '-f', 'tx', '-R', rate, '-n', 2 * rate, '-T', '100', '--json'];
      const { stdout } = await promisify(execFile)(program.file, args.map(String), { timeout: 60_000 });
      return Number(/"event":"end".*?"pps":([-+.e\d]+)/.exec(stdout)?.[1]) / rate;
    };
    const rates = [100, 2000, 70_000, 1_000_000];
    const best = rates.map(() => Number.POSITIVE_INFINITY);
    // a busy machine may disturb the end of a measurement, an error in the program disturbs all
    const measure = async (i: number, rate: number) => {
      if (!((best[i] ?? 1) < 0.01)) best[i] = Math.min(best[i] ?? 1, Math.abs((await paced(rate)) - 1));
    };
    for (let tries = 0; tries < 20 && best.some((error) => !(error < 0.01)); tries++)
      await Promise.all(rates.map((rate, i) => measure(i, rate)));
    for (const [i, error] of best.entries()) assert.ok(error < 0.01, `${rates[i]} pps: ${error}`);
  });

  it('ends well when it is interrupted before it starts, without waiting or sending', async () => {
    const child = spawn(program.file, ['-i', 'null', '-f', 'tx', '-w', '600', '-T', '10']);
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (data) => {
      output.stdout += data;
    });
    child.stderr.on('data', (data) => {
      output.stderr += data;
      if (/Wait 600 secs/.test(output.stderr)) child.kill('SIGINT');
    });
    const [status] = await once(child, 'close');
    assert.equal(status, 0, output.stderr);
    assert.match(output.stderr, /received control-C/);
    assert.match(output.stdout, /\nSent nothing\.\n$/);
  });

  it('prints whole lines: reports never begin in the middle of a dumped packet', () => {
    const args = ['-i', 'null', '-f', 'tx', '-n', '40000', '-X', '-T', '10', '--json'];
    const { stdout } = program.run(args);
    let reports = 0;
    for (const line of stdout.trimEnd().split('\n'))
      if (line.includes('{')) reports += JSON.parse(line).event === 'report' ? 1 : 0;
      else assert.match(line, /^ring 0x|^ {3,4}\d+: [\da-f]{2} /);
    assert.ok(reports > 1, `${reports} reports`);
  });

  it('redraws the rates of each queue on a terminal, and only there', () => {
    const args = '-i null -f tx -p 2 -n 3600 -R 2000 -T 100 --report';
    const terminal = spawnSync('script', ['-qec', `${program.file} ${args}`, '/dev/null'], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(terminal.status, 0);
    const queue = (n: number) => `thread ${n} queue ${n}: .*pps, \\d+ packets\\r\\n`;
    const report = new RegExp(`main_thread \\[\\d+\\] .*\\r\\n${queue(0)}${queue(1)}`, 'g');
    const screens = terminal.stdout.split('\u001b[3A\u001b[J');
    assert.ok(screens.length > 1, `${screens.length} screens`);
    for (const screen of screens) assert.equal(screen.match(report)?.length, 1, screen);
    assert.match(screens.at(-1) ?? '', /thread 1 queue 1: .*pps, 1800 packets/);
    const plain = program.run(args.split(' ')).stderr;
    assert.equal(plain.includes('\u001b'), false);
    assert.match(plain, /thread 0 queue 0: .*pps, 1800 packets/);
  });

  it('keeps lengths and checksums right in frames of every size', () => {
    for (const size of [42, 43, 60, 61, 1513, 1514, 2048])
      for (const { frame } of send('-n', '1', '-l', String(size))) {
        assert.equal(frame.length, size);
        assertValid4(frame);
      }
    for (const size of [62, 63, 1514])
      for (const { frame } of send('-6', '-n', '1', '-l', String(size))) assertValid6(frame);
    // shorter than its own headers: cut off, not out of bounds
    assert.equal(send('-n', '1', '-l', '16')[0]?.frame.length, 16);
  });

  it('goes through ranges: source ports, source addresses, then destinations', () => {
    const frames = send('-n', '9', '-s', '10.0.0.1:5-10.0.0.2:6', '-d', '10.1.0.1:7-10.1.0.1:8');
    for (const { frame } of frames) assertValid4(frame);
    const tuple = ({ frame }: { frame: Buffer }) =>
      `${frame[29]}:${frame.readUInt16BE(34)} ${frame[33]}:${frame.readUInt16BE(36)}`;
    assert.deepEqual(frames.map(tuple), [
      '1:5 1:7',
      '1:6 1:7',
      '2:5 1:7',
      '2:6 1:7',
      '1:5 1:8',
      '1:6 1:8',
      '2:5 1:8',
      '2:6 1:8',
      '1:5 1:7',
    ]);
    const swapped = send('-n', '2', '-s', '10.0.0.9:2-10.0.0.3:1');
    assert.equal(swapped[0]?.frame[29], 3);
    const six = send('-6', '-l', '70', '-n', '3', '-s', '7@[fd00::1]:1-[fd00::2]:1', '-d', 'fd00::9');
    for (const { frame } of six) assertValid6(frame);
    assert.deepEqual(
      six.map(({ frame }) => frame[37]),
      [1, 2, 1],
    );
  });

  it('sends other random addresses with every packet', () => {
    for (const option of ['-z', '-Z']) {
      const frames = send('-n', '2000', option);
      const at = option === '-z' ? 26 : 30;
      const seen = new Set(frames.map(({ frame }) => frame.readUInt32BE(at)));
      for (const { frame } of frames) assertValid4(frame);
      assert.ok(seen.size > 1900, `${seen.size} different addresses`);
    }
  });

  it('splits packets over slots', () => {
    const slots = send('-n', '2', '-l', '5000');
    assert.deepEqual(
      slots.map(({ frame }) => frame.length),
      [2048, 2048, 904, 2048, 2048, 904],
    );
    assertValid4(Buffer.concat(slots.slice(0, 3).map(({ frame }) => frame)));
    const thirds = send('-n', '1', '-l', '100', '-F', '3').map(({ frame }) => frame.length);
    assert.deepEqual(thirds, [33, 33, 34]);
    const limited = send('-n', '1', '-l', '100', '-F', '2', '-M', '30').map(({ frame }) => frame.length);
    assert.deepEqual(limited, [30, 30, 30, 10]);
  });

  it('chooses a random size for each batch, and can keep the headers right', () => {
    const frames = send('-n', '400', '-b', '4', '-l', '1500', '-l', '60', '-o', '4096');
    const sizes = new Set(frames.map(({ frame }) => frame.length));
    for (const { frame } of frames) assertValid4(frame);
    assert.ok(sizes.size > 50);
    assert.ok(Math.min(...sizes) >= 60 && Math.max(...sizes) < 1500);
    assert.equal(send('-n', '1', '-l', '60', '-l', '60')[0]?.frame.length, 60);
  });

  it('counts all packets of all threads and all bytes of random sizes', () => {
    const run = program.run(['-i', 'null', '-f', 'tx', '-n', '1000', '-p', '3', '-T', '10', '--json']);
    const end = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '');
    assert.equal(end.packets, 1000);
    assert.equal(end.bytes, 60_000);
    assert.deepEqual(
      end.threads.map((t: { packets: number }) => t.packets),
      [334, 333, 333],
    );
    const args = ['-i', 'null', '-f', 'tx', '-n', '1000', '-T', '10', '-l', '1500', '-l', '60', '-X'];
    const text = program.run(args).stdout;
    const bytes = dumped(text).reduce((total, { frame }) => total + frame.length, 0);
    assert.match(text, new RegExp(`^Sent 1000 packets ${bytes} bytes `, 'm'));
  });

  it('sends the first packet of a pcap file as it is', () => {
    const frame = checkFrame(77, 5);
    for (const [name, options] of [
      ['little', {}],
      ['big', { bigEndian: true, nanoseconds: true }],
    ] as const) {
      const file = path.join(temporary, name);
      writeFileSync(file, pcapFile([{ data: frame, us: 0 }], options));
      assert.deepEqual(send('-n', '1', '-P', file)[0]?.frame, frame);
    }
  });

  it('prepends a virtio-net header', () => {
    const [slot] = send('-n', '1', '-H', '12');
    assert.equal(slot?.frame.length, 72);
    assert.deepEqual(slot.frame.subarray(0, 12), Buffer.alloc(12));
    assertValid4(slot.frame.subarray(12));
  });

  it('ignores slots per packet out of range, with a word', () => {
    const run = program.run(['-i', 'null', '-f', 'tx', '-n', '1', '-F', '64', '-T', '10']);
    assert.equal(run.status, 0);
    assert.match(run.stderr, /invalid frags 64 \[1\.\.63\], ignore/);
  });

  it('prints the classic lines', () => {
    // on a machine that is not too busy all is sent before the first report
    const args = ['-i', 'null', '-f', 'tx', '-n', '1000', '-T', '500', '-A', '-B'];
    let { stdout, stderr } = program.run(args);
    for (let tries = 0; tries < 20 && !stderr.includes('(1.000 Kpkts'); tries++)
      ({ stdout, stderr } = program.run(args));
    assert.match(
      stdout,
      /^Sending on null: 1 queues, 1 threads and 1 cpus\.\n10\.0\.0\.1 -> 10\.1\.0\.1 \(00:00:00:00:00:00 -> ff:ff:ff:ff:ff:ff\)\nSent 1000 packets 60000 bytes 2 events 60 bytes each in \d+\.\d\d seconds\.\nSpeed: \d+\.\d{3} [KMG]?pps Bandwidth: \d+\.\d{3} [KMG]?bps \(raw \d+\.\d{3} [KMG]?bps\)\. Average batch: 500\.00 pkts\n$/,
    );
    assert.match(stderr, /^--- SPECIAL OPTIONS:\n\n/m);
    assert.match(
      stderr,
      /^\d{3}\.\d{6} main_thread \[\d+\] \d+\.\d{3} [KMG]?pps \[avg\/std \d+\.\d{3} [KMG]?\/\d+\.\d{3} [KMG]? pps\]\(1\.000 Kpkts \d+\.\d{3} [KMG]?bps in \d+ usec\) 500\.00 avg_batch 0 min_space$/m,
    );
    assert.match(program.run([...args, '-N']).stdout, /^Speed: \d+ pps Bandwidth: \d+ bps \(raw \d+ bps\)/m);
  });
});
