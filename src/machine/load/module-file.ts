import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';

type Reading = Pick<Files, 'readBytes'>;

/** What a module file says about itself (its .modinfo section: NUL-terminated `key=value`). */
export interface ModuleFacts {
  readonly file: string;
  readonly name: string;
  readonly depends: readonly string[];
  readonly vermagic: string;
  readonly signed: boolean;
}

const SIGNATURE = '~Module signature appended~\n';

export function parseModule(content: Buffer, file: string): ModuleFacts | undefined {
  if (content.subarray(0, 4).toString('latin1') !== '\u007fELF') return undefined;
  const text = content.toString('latin1');
  const field = (key: string) => new RegExp(`\\0${key}=([^\\0]*)\\0`).exec(text)?.[1];
  const name = field('name');
  const vermagic = field('vermagic');
  if (name === undefined || vermagic === undefined) return undefined;
  return {
    file,
    name,
    depends: (field('depends') ?? '').split(',').filter((one) => one !== ''),
    vermagic,
    signed: text.endsWith(SIGNATURE),
  };
}

/**
 * Whether the module of that name was loaded from this file: its build ID, which the kernel shows as the raw ELF note,
 * is in the file. Undefined when the kernel shows none.
 */
export async function isFrom(
  name: string,
  file: string,
  files: Reading,
  sysfs = '/sys',
): Promise<boolean | undefined> {
  const note = await buildNote(name, files, sysfs);
  if (note === undefined) return undefined;
  const content = await files.readBytes(file).catch(() => undefined);
  return content?.includes(note) ?? false;
}

/** The ELF note of a loaded module's build ID, as it is. */
async function buildNote(name: string, files: Reading, sysfs: string): Promise<Buffer | undefined> {
  const note = await files
    .readBytes(`${sysfs}/module/${name}/notes/.note.gnu.build-id`)
    .catch(() => undefined);
  return note === undefined || note.length < 20 ? undefined : note;
}

/** The build ID of a loaded module in hexadecimal: the note without its header (sizes, type, `GNU`). */
export async function buildId(name: string, files: Reading, sysfs = '/sys'): Promise<string | undefined> {
  return (await buildNote(name, files, sysfs))?.subarray(16).toString('hex');
}

/** @throws NetmapError `module-unreadable` for anything that is not an uncompressed kernel module */
export async function readModule(file: string, files: Reading): Promise<ModuleFacts> {
  const content = await files
    .readBytes(file)
    .catch((error: NodeJS.ErrnoException) => error.code ?? 'unreadable');
  const facts = typeof content === 'string' ? undefined : parseModule(content, file);
  if (facts !== undefined) return facts;
  throw new NetmapError({
    code: 'module-unreadable',
    what: `${file} is not a kernel module that can be loaded`,
    why: typeof content === 'string' ? content : 'it has no module information',
    mend: 'run make in the build folder, or name it with --build=DIR',
  });
}
