import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Program } from '../libnetmap/c-program.js';
import { assertValid4, assertValid6 } from './frames.js';
import { buildApp } from './programs.js';

/** Slots of a ring of the null device; every test goes round it more than once. */
const RING = 1024;

/** What reaches the device, however little pkt-gen writes for each packet. */
describe('buffers that pkt-gen does not write again', () => {
  let program: Program;
  let temporary: string;

  before(() => {
    program = buildApp('pkt-gen', ['test/apps/null-spy.c'], ['-Wl,--wrap=null_device_sync']);
    temporary = mkdtempSync(path.join(os.tmpdir(), 'netmap-slots-'));
  });
  after(() => {
    program.remove();
    rmSync(temporary, { recursive: true, force: true });
  });

  /** The packets that the null device took. */
  function sent(count: number, ...args: string[]): Buffer[] {
    const file = path.join(temporary, 'sent');
    const run = ['-i', 'null', '-f', 'tx', '-T', '10', '-n', String(count), ...args];
    const { status, stderr } = program.run(run, '', { SPY_FILE: file });
    assert.equal(status, 0, stderr);
    const lines = readFileSync(file, 'latin1').trimEnd().replaceAll('+\n', '').split('\n');
    const packets = lines.map((line) => Buffer.from(line, 'hex'));
    assert.equal(packets.length, count);
    return packets;
  }

  it('hold the same packet, round after round', () => {
    const packets = sent(3 * RING, '-l', '100');
    for (const packet of packets) assert.deepEqual(packet, packets[0]);
    assertValid4(packets[0] ?? Buffer.alloc(0));
  });

  for (const args of [[], ['-o', '4'], ['-o', '8'], ['-o', '1'], ['-b', '7'], ['-l', '1514'], ['-H', '12']])
    it(`get new addresses and checksums in every round (${args.join(' ') || 'no options'})`, () => {
      const header = args[0] === '-H' ? 12 : 0;
      const packets = sent(3 * RING, '-s', '10.0.0.1:1000-10.0.0.3:1999', ...args);
      packets.forEach((packet, i) => {
        const frame = packet.subarray(header);
        assertValid4(frame);
        assert.equal(frame.readUInt16BE(34), 1000 + (i % 1000));
        assert.equal(frame[29], 1 + (Math.floor(i / 1000) % 3));
      });
    });

  it('get new IPv6 addresses too', () => {
    const packets = sent(3 * RING, '-6', '-l', '90', '-s', '[fd00::1]:1-[fd00::5]:1', '-d', 'fd00::9');
    packets.forEach((frame, i) => {
      assertValid6(frame);
      assert.equal(frame[37], 1 + (i % 5));
    });
  });

  it('get random addresses', () => {
    const packets = sent(3 * RING, '-z', '-Z');
    for (const packet of packets) assertValid4(packet);
    assert.ok(new Set(packets.map((packet) => packet.toString('hex'))).size > 3 * RING - 10);
  });

  for (const [what, args] of [
    ['three, which do not divide the ring', ['-l', '5000']],
    ['two, which do', ['-l', '4000']],
    ['seven, with addresses of their own', ['-l', '700', '-F', '7', '-s', '10.0.0.1:1-10.0.0.1:9']],
  ] as const)
    it(`hold the right part of packets of several slots: ${what}`, () => {
      const size = Number(args[1]);
      for (const packet of sent(2 * RING, ...args)) {
        assert.equal(packet.length, size);
        assertValid4(packet);
      }
    });

  it('are never written beyond a frame that is shorter than its headers', () => {
    const packets = sent(2 * RING, '-l', '16', '-s', '10.0.0.1:1-10.0.0.1:9');
    for (const packet of packets) assert.equal(packet.length, 16);
  });
});
