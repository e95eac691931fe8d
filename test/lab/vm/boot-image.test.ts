import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xzPayload } from '../../../src/lab/vm/boot-image.js';

const stream = Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), Buffer.from('content')]);

/** A bzImage of three setup sectors that holds `payload` 100 bytes behind them. */
function bzImage(payload: Buffer): Buffer {
  const image = Buffer.alloc(4 * 512 + 100 + payload.length + 4 + 64);
  image[0x1f1] = 3;
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt16LE(0x20f, 0x206);
  image.writeUInt32LE(100, 0x248);
  image.writeUInt32LE(payload.length + 4, 0x24c);
  payload.copy(image, 4 * 512 + 100);
  return image;
}

test('the xz stream is found by the header, without the size behind it', () => {
  assert.deepEqual(xzPayload(bzImage(stream)), stream);
});

test('other compression, another protocol, another file: nothing', () => {
  assert.equal(xzPayload(bzImage(Buffer.from('28b52ffd0000', 'hex'))), undefined);
  const old = bzImage(stream);
  old.writeUInt16LE(0x204, 0x206);
  assert.equal(xzPayload(old), undefined);
  assert.equal(xzPayload(Buffer.from('\x7fELF')), undefined);
  assert.equal(xzPayload(Buffer.alloc(4096)), undefined);
});
