import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

/** A member of an archive that a test makes, hostile ones included: nothing is checked. */
export interface Item {
  readonly path: string;
  /** Type of a tar header: 0 file, 1 hard link, 2 symbolic link, 3 and 4 devices, 5 folder, 6 pipe. */
  readonly type?: '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | 'S';
  readonly data?: string | Buffer;
  readonly target?: string;
  readonly mode?: number;
  /** A size that the header claims instead of the true one. */
  readonly size?: number;
}

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;

function tarHeader({ path, type = '0', data = '', target = '', mode = 0o644, size }: Item): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0, 100, 'latin1');
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size ?? Buffer.byteLength(data), 12), 124);
  header.write(octal(0, 12), 136);
  header.write(' '.repeat(8), 148);
  header.write(type, 156);
  header.write(target, 157, 100, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** A gzipped tar file. */
export function tarGz(items: readonly Item[]): Buffer {
  const parts = items.flatMap((item) => {
    const data = Buffer.from(item.data ?? '');
    return [tarHeader(item), data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]));
}

/** A zip file as GitHub makes them: deflated, with Unix modes. */
export function zip(items: readonly Item[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { path, type = '0', data = '', target, mode = 0o644, size } of items) {
    const plain = Buffer.from(type === '2' ? (target ?? '') : data);
    const packed = deflateRawSync(plain);
    const name = Buffer.from(path);
    const kinds: Record<string, number> = {
      '0': 0o100000,
      '2': 0o120000,
      '3': 0o020000,
      '5': 0o040000,
      '6': 0o010000,
    };
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(size ?? plain.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, packed]);
    // Comment, disk and internal attributes stay 0.
    const central = Buffer.alloc(14);
    central.writeUInt32LE((((kinds[type] ?? 0) | mode) << 16) >>> 0, 6);
    central.writeUInt32LE(offset, 10);
    // Made by Unix: else the mode means nothing.
    const madeBy = Buffer.from([20, 3]);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), madeBy, common, central, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(items.length, 8);
  end.writeUInt16LE(items.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** The archive of a driver as Intel packs them, with `src/<driver>_main.c` and what a test adds. */
export function intelItems(driver: string, version: string, more: readonly Item[] = []): Item[] {
  const top = `ethernet-linux-${driver}-${version}`;
  return [
    { path: `${top}/`, type: '5', mode: 0o755 },
    { path: `${top}/src/`, type: '5', mode: 0o755 },
    { path: `${top}/src/${driver}_main.c`, data: `/* ${driver} ${version} */\n` },
    ...more.map((item) => ({ ...item, path: `${top}/${item.path}` })),
  ];
}
