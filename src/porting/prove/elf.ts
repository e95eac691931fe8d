import { defined } from '../../core/defined.js';
import { NetmapError } from '../../core/errors.js';

/** One use of a symbol by a function of an object file. */
export interface Reference {
  /** Function as the source names it: suffixes that the compiler adds (`.isra.0`, `.cold`) are taken off. */
  readonly from: string;
  readonly symbol: string;
}

interface Section {
  readonly name: number;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly entrySize: number;
}

interface ElfSymbol {
  readonly name: string;
  readonly type: number;
  readonly section: number;
  readonly value: number;
  readonly size: number;
}

const SHT_SYMTAB = 2;
const SHT_RELA = 4;
const SHF_EXECINSTR = 4;
const STT_FUNC = 2;
const STT_SECTION = 3;

/**
 * The set { function -> symbol } of a relocatable x86-64 object, from its relocations. Layout: System V ABI,
 * `Elf64_Ehdr`, `Elf64_Shdr`, `Elf64_Sym`, `Elf64_Rela`.
 *
 * @throws NetmapError `object-unreadable` when it is not a little-endian ELF64 relocatable
 */
export function readReferences(object: Uint8Array): Reference[] {
  try {
    return references(new DataView(object.buffer, object.byteOffset, object.byteLength));
  } catch (error) {
    if (error instanceof NetmapError) throw error;
    throw unreadable(`it is cut off or damaged (${(error as Error).message})`);
  }
}

function unreadable(why: string): NetmapError {
  return new NetmapError({
    code: 'object-unreadable',
    what: 'the object file cannot be read',
    why,
    mend: 'remove the work folder and run again',
  });
}

function word64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function readSections(view: DataView): Section[] {
  const magic = view.byteLength >= 64 && view.getUint32(0, false) === 0x7f454c46;
  if (!magic || view.getUint8(4) !== 2 || view.getUint8(5) !== 1 || view.getUint16(16, true) !== 1)
    throw unreadable('it is not a 64-bit little-endian relocatable ELF file');
  const table = word64(view, 40);
  const size = view.getUint16(58, true);
  const first = table;
  // More than 65279 sections: the count is in the first section header.
  const count = view.getUint16(60, true) || word64(view, first + 32);
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * size;
    return {
      name: view.getUint32(at, true),
      type: view.getUint32(at + 4, true),
      flags: word64(view, at + 8),
      offset: word64(view, at + 24),
      size: word64(view, at + 32),
      link: view.getUint32(at + 40, true),
      info: view.getUint32(at + 44, true),
      entrySize: word64(view, at + 56),
    };
  });
}

function text(view: DataView, at: number): string {
  let end = at;
  while (view.getUint8(end) !== 0) end++;
  return Buffer.from(view.buffer, view.byteOffset + at, end - at).toString('latin1');
}

function readSymbols(view: DataView, sections: readonly Section[], table: Section): ElfSymbol[] {
  const strings = defined(sections[table.link]);
  return Array.from({ length: table.size / 24 }, (_, index) => {
    const at = table.offset + index * 24;
    return {
      name: text(view, strings.offset + view.getUint32(at, true)),
      type: view.getUint8(at + 4) & 15,
      section: view.getUint16(at + 6, true),
      value: word64(view, at + 8),
      size: word64(view, at + 16),
    };
  });
}

function references(view: DataView): Reference[] {
  const sections = readSections(view);
  const result: Reference[] = [];
  for (const relocations of sections) {
    const target = sections[relocations.info];
    if (relocations.type !== SHT_RELA || target === undefined || (target.flags & SHF_EXECINSTR) === 0)
      continue;
    const table = sections[relocations.link];
    if (table?.type !== SHT_SYMTAB) continue;
    const symbols = readSymbols(view, sections, table);
    const functions = symbols.filter(
      ({ type, section }) => type === STT_FUNC && section === relocations.info,
    );
    for (let at = relocations.offset; at < relocations.offset + relocations.size; at += 24) {
      const offset = word64(view, at);
      const symbol = symbols[view.getUint32(at + 12, true)];
      const from = functions.find(({ value, size }) => value <= offset && offset < value + size);
      if (symbol === undefined || from === undefined) continue;
      result.push({ from: plainName(from.name), symbol: plainName(resolve(view, at, symbol, symbols)) });
    }
  }
  return result;
}

/** Calls of static functions refer to their section: look up the function that lies at the offset. */
function resolve(view: DataView, at: number, symbol: ElfSymbol, symbols: readonly ElfSymbol[]): string {
  if (symbol.type !== STT_SECTION) return symbol.name;
  // The addend of a call counts from the end of its 4-byte field.
  const addend = Number(view.getBigInt64(at + 16, true)) + 4;
  const callee = symbols.find(
    ({ type, section, value, size }) =>
      type === STT_FUNC && section === symbol.section && value <= addend && addend < value + size,
  );
  return callee?.name ?? '';
}

function plainName(name: string): string {
  return name.replace(/\.(isra|constprop|part|cold|lto_priv)(\.\d+)?/g, '').replace(/^__pfx_/, '');
}
