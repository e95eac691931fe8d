import assert from 'node:assert/strict';

/** The slots that -X dumped. */
export function dumped(stdout: string): { frame: Buffer; flags: number }[] {
  const slots: { frame: Buffer; flags: number }[] = [];
  for (const line of stdout.split('\n')) {
    const head = /^ring .* flags 0x([0-9a-f]{4}) len +(\d+)\]$/.exec(line);
    if (head) slots.push({ frame: Buffer.alloc(0), flags: Number.parseInt(head[1] ?? '', 16) });
    const bytes = /^ {0,4}\d+: ((?:[0-9a-f]{2} ){1,16})/.exec(line);
    const slot = slots.at(-1);
    if (bytes && slot)
      slot.frame = Buffer.concat([slot.frame, Buffer.from((bytes[1] ?? '').replaceAll(' ', ''), 'hex')]);
  }
  return slots;
}

/** The folded ones' complement sum of bytes; 0xffff when a checksum in them is right. */
function sum(...parts: Buffer[]): number {
  let total = 0;
  for (const part of parts)
    for (let i = 0; i < part.length; i += 2)
      total += ((part[i] ?? 0) << 8) | (i + 1 < part.length ? (part[i + 1] ?? 0) : 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

/** IPv4 header and UDP checksums of a frame are right, and lengths match. */
export function assertValid4(frame: Buffer): void {
  assert.equal(frame.readUInt16BE(12), 0x0800);
  assert.equal(frame.readUInt16BE(16), frame.length - 14);
  assert.equal(sum(frame.subarray(14, 34)), 0xffff, 'IP checksum');
  const udpLength = frame.readUInt16BE(38);
  assert.equal(udpLength, frame.length - 34);
  const pseudo = Buffer.from([0, 17, udpLength >> 8, udpLength & 255]);
  assert.equal(sum(frame.subarray(26, 34), pseudo, frame.subarray(34)), 0xffff, 'UDP checksum');
}

/** The same of IPv6. */
export function assertValid6(frame: Buffer): void {
  assert.equal(frame.readUInt16BE(12), 0x86dd);
  const length = frame.length - 54;
  assert.equal(frame.readUInt16BE(18), length);
  assert.equal(frame[20], 17);
  assert.equal(frame[21], 64);
  const pseudo = Buffer.from([0, 17, length >> 8, length & 255]);
  assert.equal(sum(frame.subarray(22, 54), pseudo, frame.subarray(54)), 0xffff, 'UDP checksum');
}
