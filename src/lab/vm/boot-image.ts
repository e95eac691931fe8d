import { createHash } from 'node:crypto';
import path from 'node:path';
import { withLock } from '../../core/lock.js';
import { cacheDirectory } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';

/** Offsets in a bzImage: Documentation/arch/x86/boot.rst, protocol 2.08 and newer. */
const SETUP_SECTORS = 0x1f1;
const HEADER_MAGIC = 0x202;
const PROTOCOL = 0x206;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const XZ_MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);

/** ELF notes by which a kernel says where a PVH loader enters it (XEN_ELFNOTE_PHYS32_ENTRY, 32 or 64 bit). */
const PVH_NOTES = [4, 8].map((size) =>
  Buffer.concat([Buffer.from([4, 0, 0, 0, size, 0, 0, 0, 0x12, 0, 0, 0]), Buffer.from('Xen\0')]),
);

/** The xz stream in a bzImage; undefined when it is compressed otherwise or no bzImage. */
export function xzPayload(image: Buffer): Buffer | undefined {
  if (image.length < 0x260 || image.toString('latin1', HEADER_MAGIC, HEADER_MAGIC + 4) !== 'HdrS')
    return undefined;
  if (image.readUInt16LE(PROTOCOL) < 0x208) return undefined;
  const start = ((image[SETUP_SECTORS] || 4) + 1) * 512 + image.readUInt32LE(PAYLOAD_OFFSET);
  // The last four bytes are the size of the kernel, behind the stream.
  const payload = image.subarray(start, start + image.readUInt32LE(PAYLOAD_LENGTH) - 4);
  return payload.subarray(0, XZ_MAGIC.length).equals(XZ_MAGIC) ? payload : undefined;
}

/**
 * What to give to QEMU for a kernel image. Unpacking xz takes an emulated CPU 4 s at every boot, so such a kernel is unpacked once,
 * into the cache, and entered as PVH guest. Any other image is used as it is.
 */
export async function bootImage(image: string, deps: Tools): Promise<string> {
  const facts = await deps.files.stat(image).catch(() => undefined);
  if (facts === undefined) return image;
  const key = createHash('sha256').update(`${image}\0${facts.size}\0${facts.mtimeMs}`).digest('hex');
  const unpacked = path.join(cacheDirectory(), 'boot-images', key.slice(0, 16));
  if (await deps.files.exists(unpacked)) return unpacked;
  const payload = xzPayload(await deps.files.readBytes(image));
  if (payload === undefined) return image;
  return withLock(`${unpacked}.lock`, () => unpack(image, payload, unpacked, deps), deps.signal);
}

async function unpack(image: string, payload: Buffer, to: string, { runner, files }: Tools): Promise<string> {
  const result = await runner.run({
    file: 'xz',
    args: ['-dc'],
    input: payload,
    encoding: 'latin1',
    allowFailure: true,
  });
  const kernel = Buffer.from(result.stdout, 'latin1');
  if (result.exitCode !== 0 || !PVH_NOTES.some((note) => kernel.includes(note))) return image;
  await files.write(to, kernel);
  return to;
}
