import { crc32 } from 'node:zlib';

const HEADERS = 42;
const MASK = (1n << 64n) - 1n;

/** The frames of apps/common/checkframe.h, which nmcheck verifies: `length` bytes, a sequence number. */
export function checkFrame(length: number, sequence: number): Buffer {
  const frame = Buffer.alloc(length);
  frame.fill(0xff, 0, 6);
  Buffer.from([2, 0, 0, 0, 0, 1, 0x08, 0x00]).copy(frame, 6);
  Buffer.from([0x45, 0x10, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 1, 0, 1]).copy(frame, 14);
  frame.writeUInt16BE(length - 14, 16);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += frame.readUInt16BE(at);
  frame.writeUInt16BE(~((sum & 0xffff) + (sum >> 16)) & 0xffff, 24);
  frame.writeUInt16BE(1234, 34);
  frame.writeUInt16BE(1234, 36);
  frame.writeUInt16BE(length - 34, 38);
  frame.write('NMCK', HEADERS);
  frame.writeUInt32BE(sequence, HEADERS + 4);
  let x = ((BigInt(sequence) + 1n) * 0x9e3779b97f4a7c15n) & MASK;
  const word = Buffer.alloc(8);
  let at = HEADERS + 8;
  for (; at + 8 <= length - 4; at += 8) {
    x ^= x >> 12n;
    x ^= (x << 25n) & MASK;
    x ^= x >> 27n;
    frame.writeBigUInt64LE(x, at);
  }
  x ^= x >> 31n;
  word.writeBigUInt64LE(x);
  word.copy(frame, at, 0, length - 4 - at);
  frame.writeUInt32BE(crc32(frame.subarray(0, length - 4)), length - 4);
  return frame;
}

export interface PcapOptions {
  readonly bigEndian?: boolean;
  readonly nanoseconds?: boolean;
}

/** A classic pcap file of frames with times in microseconds. */
export function pcapFile(
  frames: readonly { data: Buffer; us: number; length?: number }[],
  { bigEndian = false, nanoseconds = false }: PcapOptions = {},
): Buffer {
  const words = (...values: number[]) => {
    const buffer = Buffer.alloc(values.length * 4);
    values.forEach((value, i) => {
      if (bigEndian) buffer.writeUInt32BE(value, i * 4);
      else buffer.writeUInt32LE(value, i * 4);
    });
    return buffer;
  };
  const short = bigEndian ? Buffer.from([0, 2, 0, 4]) : Buffer.from([2, 0, 4, 0]);
  const magic = words(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
  const records = frames.map(({ data, us, length }) =>
    Buffer.concat([
      words(
        1000 + Math.floor(us / 1e6),
        (us % 1e6) * (nanoseconds ? 1000 : 1),
        data.length,
        length ?? data.length,
      ),
      data,
    ]),
  );
  return Buffer.concat([magic, short, words(0, 0, 65535, 1), ...records]);
}
