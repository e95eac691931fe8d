/**
 * Random edits of a C source, as a driver's authors and vendors make them and worse. Works on text with regular
 * expressions only, so that it shares no code, and no mistake, with the engine that it tests.
 */

import { randomNumbers } from '../../support/seed.js';

export interface Mutant {
  readonly kind: string;
  readonly text: string;
}

type Random = (limit: number) => number;
type Edit = (lines: string[], rng: Random) => string[] | undefined;

interface Range {
  readonly name: string;
  /** Lines of the definition, end exclusive; `body` is the line behind the `{`. */
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

function functionsOf(lines: readonly string[]): Range[] {
  const found: Range[] = [];
  for (let at = 0; at < lines.length; at++) {
    const name = /^static .*?(\w+)\(/.exec(lines[at] ?? '')?.[1];
    const open = lines.findIndex((line, index) => index > at && line === '{');
    if (name === undefined || open < 0 || open > at + 3) continue;
    const end = lines.findIndex((line, index) => index > open && line === '}');
    if (end < 0) continue;
    found.push({ name, start: at, body: open + 1, end: end + 1 });
    at = end;
  }
  return found;
}

/** Functions that hooks go into are edited more often than the others. */
const hooked =
  /^(tp_to_dev|rtl8169_rx_fill|rtl8169_cleanup|rtl_reset_work|rtl_tx|rtl_rx|rtl_remove_one|rtl_init_one)$/;

function pick<T>(list: readonly T[], rng: Random): T | undefined {
  return list.length === 0 ? undefined : list[rng(list.length)];
}

function pickFunction(lines: readonly string[], rng: Random): Range | undefined {
  const all = functionsOf(lines);
  const special = all.filter(({ name }) => hooked.test(name));
  return rng(3) > 0 ? pick(special, rng) : pick(all, rng);
}

/** Lines of a function that are one statement each. */
function simpleLines(lines: readonly string[], { body, end }: Range): number[] {
  const found: number[] = [];
  for (let at = body; at < end - 1; at++)
    if (/^\t+[^\s/*#].*;(\s*\/\*.*\*\/)?$/.test(lines[at] ?? '')) found.push(at);
  return found;
}

function spliced(lines: readonly string[], at: number, remove: number, ...insert: string[]): string[] {
  const copy = [...lines];
  copy.splice(at, remove, ...insert);
  return copy;
}

function onStatement(
  edit: (lines: string[], at: number, fn: Range, rng: Random) => string[] | undefined,
): Edit {
  return (lines, rng) => {
    const fn = pickFunction(lines, rng);
    const at = fn === undefined ? undefined : pick(simpleLines(lines, fn), rng);
    return fn === undefined || at === undefined ? undefined : edit(lines, at, fn, rng);
  };
}

function renameIn(lines: readonly string[], from: number, to: number, old: string, fresh: string): string[] {
  const word = new RegExp(`\\b${old}\\b`, 'g');
  return lines.map((line, at) => (at >= from && at < to ? line.replace(word, fresh) : line));
}

const conditions = [
  '#if 0',
  '#if 1',
  '#ifdef CONFIG_PM',
  '#ifndef CONFIG_PM',
  '#ifdef NEVER',
  '#if defined(A) && B',
];
const tricks = [
  '/* napi_enable(&tp->napi); */',
  '\t// return 0;',
  '/* static void rtl_tx(struct net_device *dev)\n{\n} */',
  '/*\n * unregister_netdev(tp->dev);\n */',
  '/* it\'s "odd */',
  '\t(void)"napi_enable(&tp->napi); }";',
  "\t(void)'}';",
  '/* #if 0 */',
  '#define NETS_UNUSED(x) do { (x) } while (0)',
  '#pragma GCC diagnostic ignored "-Wunused"',
  '',
];

const edits: Record<string, Edit> = {
  'rename a variable': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    if (fn === undefined) return undefined;
    const names = ['tp', 'dev', 'i', 'budget', 'count', 'dirty_tx', 'd', 'pdev', 'rc', 'napi', 'data'];
    const used = names.filter((name) =>
      lines.slice(fn.start, fn.end).some((line) => new RegExp(`\\b${name}\\b`).test(line)),
    );
    const name = pick(used, rng);
    if (name === undefined) return undefined;
    const copy = renameIn(lines, fn.start, fn.end, name, `my_${name}`);
    // Members keep their names.
    return copy.map((line) =>
      line.replaceAll(`->my_${name}`, `->${name}`).replaceAll(`, my_${name})`, `, my_${name})`),
    );
  },
  'rename a function': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    return fn && renameIn(lines, 0, lines.length, fn.name, `${fn.name}_v2`);
  },
  'rename a caller only': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    return fn && renameIn(lines, fn.start, fn.body, fn.name, `__${fn.name}`);
  },
  'swap two statements': onStatement((lines, at) =>
    /;$/.test(lines[at + 1] ?? '')
      ? spliced(lines, at, 2, lines[at + 1] as string, lines[at] as string)
      : undefined,
  ),
  'move a statement': onStatement((lines, at, fn, rng) => {
    const to = fn.body + rng(fn.end - fn.body);
    const without = spliced(lines, at, 1);
    return spliced(without, to > at ? to - 1 : to, 0, lines[at] as string);
  }),
  'delete a statement': onStatement((lines, at) => spliced(lines, at, 1)),
  'repeat a statement': onStatement((lines, at) => spliced(lines, at, 0, lines[at] as string)),
  'make a statement conditional': onStatement((lines, at) =>
    spliced(lines, at, 1, '\tif (tp)', `\t${lines[at]}`),
  ),
  'put a statement into a block': onStatement((lines, at) =>
    spliced(lines, at, 1, '\t{', `\t${lines[at]}`, '\t}'),
  ),
  'put a statement into a loop': onStatement((lines, at) =>
    spliced(lines, at, 1, '\tdo {', `\t${lines[at]}`, '\t} while (0);'),
  ),
  'wrap lines in #if': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    if (fn === undefined) return undefined;
    const at = fn.start + rng(fn.end - fn.start);
    const count = 1 + rng(4);
    return spliced(
      lines,
      at,
      count,
      pick(conditions, rng) as string,
      ...lines.slice(at, at + count),
      '#endif',
    );
  },
  'wrap lines in #if with #else': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    if (fn === undefined) return undefined;
    const at = fn.start + rng(fn.end - fn.start);
    const part = lines.slice(at, at + 1 + rng(3));
    return spliced(
      lines,
      at,
      part.length,
      pick(conditions, rng) as string,
      ...part,
      '#else',
      ...part,
      '#endif',
    );
  },
  'wrap a function in #if': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    if (fn === undefined) return undefined;
    const part = lines.slice(fn.start, fn.end);
    return spliced(lines, fn.start, part.length, pick(conditions, rng) as string, ...part, '#endif');
  },
  'two versions of a function': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    if (fn === undefined) return undefined;
    const part = lines.slice(fn.start, fn.end);
    return spliced(
      lines,
      fn.start,
      part.length,
      pick(conditions, rng) as string,
      ...part,
      '#else',
      ...part,
      '#endif',
    );
  },
  'copy a function under another name': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    if (fn === undefined) return undefined;
    const part = lines.slice(fn.start, fn.end).map((line) => line.replace(fn.name, `${fn.name}_old`));
    return spliced(lines, fn.end, 0, '', `__attribute__((unused))`, ...part);
  },
  'repeat a function': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    return fn && spliced(lines, fn.end, 0, '', ...lines.slice(fn.start, fn.end));
  },
  'move a function': (lines, rng) => {
    const all = functionsOf(lines);
    const fn = pickFunction(lines, rng);
    const target = pick(all, rng);
    if (fn === undefined || target === undefined || target.start === fn.start) return undefined;
    const part = [...lines.slice(fn.start, fn.end), ''];
    const prototype = `${lines
      .slice(fn.start, fn.body - 1)
      .join(' ')
      .replace(/\s+/g, ' ')};`;
    const without = spliced(lines, fn.start, fn.end - fn.start);
    const at = target.start > fn.start ? target.start - (fn.end - fn.start) : target.start;
    const moved = spliced(without, at, 0, ...part);
    // Mostly with a prototype, so that the result compiles.
    const types = moved.findIndex((line) => line.startsWith('typedef void'));
    return rng(4) > 0 && types > 0 ? spliced(moved, types, 0, prototype) : moved;
  },
  'a comment or string with code': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    if (fn === undefined) return undefined;
    return spliced(lines, fn.start + rng(fn.end - fn.start + 1), 0, pick(tricks, rng) as string);
  },
  'a comment at the end of a line': onStatement((lines, at, _fn, rng) =>
    spliced(
      lines,
      at,
      1,
      `${lines[at]} ${pick(['/* return 0; */', '// }', '/* goes on\n\t * here */'], rng)}`,
    ),
  ),
  'join two lines': onStatement((lines, at) =>
    spliced(lines, at, 2, `${lines[at]} ${(lines[at + 1] ?? '').trim()}`),
  ),
  'break a line': onStatement((lines, at) =>
    spliced(lines, at, 1, ...(lines[at] as string).replace(/(\(|, | = )/, '$1\n\t\t').split('\n')),
  ),
  'continue a line': onStatement((lines, at) =>
    spliced(lines, at, 1, ...(lines[at] as string).replace(/(\(|, | = )/, '$1\\\n\t\t').split('\n')),
  ),
  'indent otherwise': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    return (
      fn && lines.map((line, at) => (at >= fn.body && at < fn.end - 1 ? line.replace(/^\t+/, '    ') : line))
    );
  },
  'a goto over statements': onStatement((lines, at, fn, rng) => {
    const from = fn.body + rng(Math.max(1, at - fn.body + 1));
    const out = spliced(lines, at, 0, 'skip_it:');
    return spliced(out, from, 0, '\tif (!tp) goto skip_it;');
  }),
  'an early return': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    if (fn === undefined) return undefined;
    const value = /\bvoid \w+\(/.test(lines[fn.start] ?? '') ? '' : ' 0';
    return spliced(lines, fn.body + rng(fn.end - fn.body), 0, `\tif (!tp) return${value};`);
  },
  'a new user of a function': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    const call = pick(
      [
        '\trtl8169_mark_to_asic(tp->RxDescArray);',
        '\trtl8169_init_ring_indexes(tp);',
        '\trtl8169_cleanup(tp);',
        '\trtl_hw_start(tp);',
        '\ttp->RxDescArray[0].opts1 |= DescOwn;',
        '\trtl_tx(tp->dev, tp, 1);',
        '\tnapi_enable(&tp->napi);',
        '\treturn 0;',
      ],
      rng,
    ) as string;
    return fn && spliced(lines, fn.body + rng(fn.end - fn.body), 0, call);
  },
  'another signature': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    if (fn === undefined) return undefined;
    const edit = pick<[RegExp, string]>(
      [
        [/int budget\)/, 'unsigned int budget)'],
        [/^static void/, 'static int'],
        [/^static int/, 'static long'],
        [/struct net_device \*dev, /, 'void *dev, '],
        [/\*tp\)/, '*tp, ...)'],
        [/^static /, 'static __attribute__((noinline)) '],
        [/^static /, 'static inline '],
      ],
      rng,
    ) as [RegExp, string];
    return lines.map((line, at) => (at >= fn.start && at < fn.body ? line.replace(...edit) : line));
  },
  'a macro for an anchor': (lines, rng) => {
    const name = pick(
      ['napi_enable', 'unregister_netdev', 'rtl_hw_start', 'rtl_tx', 'dev', 'tp'],
      rng,
    ) as string;
    const at = lines.findIndex((line) => line.startsWith('typedef void'));
    const directive = pick(
      [
        `#define ${name}(x) event("other")`,
        `#define ${name}_macro(x) ${name}(x)`,
        `#undef ${name}`,
        `#define ${name} ${name}`,
      ],
      rng,
    ) as string;
    return spliced(lines, at, 0, directive);
  },
  'a call in a declaration': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    const line = pick(
      [
        '\tvoid *extra = malloc(1);',
        '\tint extra = 0;',
        '\tint extra = rtl8169_start_xmit(dev);',
        '\tint extra;',
        '\tstruct device *extra = tp_to_dev(tp);',
      ],
      rng,
    ) as string;
    return fn && spliced(lines, fn.body, 0, line);
  },
  'a helper takes over the end': (lines, rng) => {
    const fn = pickFunction(lines, rng);
    if (fn === undefined) return undefined;
    const last = simpleLines(lines, fn).filter(
      (at) => /^\t\S/.test(lines[at] ?? '') && /\(.*tp.*\);$/.test(lines[at] ?? ''),
    );
    const from = pick(last, rng);
    if (from === undefined) return undefined;
    const helper = ['static void helper(struct rtl8169_private *tp)', '{', lines[from] as string, '}', ''];
    return spliced(spliced(lines, from, 1, '\thelper(tp);'), fn.start, 0, ...helper);
  },
  'cut off the file': (lines, rng) => [...lines.slice(0, 60 + rng(lines.length - 60)), ''],
  'unbalance a bracket': onStatement((lines, at, _fn, rng) =>
    spliced(
      lines,
      at,
      1,
      (lines[at] as string).replace(
        pick(['(', ')', ';'], rng) as string,
        pick(['{', '}', '(('], rng) as string,
      ),
    ),
  ),
};

export const mutationKinds: readonly string[] = Object.keys(edits);

/** Mutant number `seed`; every fourth gets two edits. */
export function mutate(text: string, seed: number): Mutant {
  const rng = randomNumbers(seed);
  const kinds: string[] = [];
  let lines = text.split('\n');
  const wanted = seed % 4 === 3 ? 2 : 1;
  for (let tries = 0; kinds.length < wanted && tries < 200; tries++) {
    // The kinds take turns, so that every one of them is used.
    const kind = mutationKinds[(seed + tries + kinds.length * 7) % mutationKinds.length] as string;
    const changed = (edits[kind] as Edit)([...lines], rng);
    if (changed === undefined || changed.join('\n') === lines.join('\n')) continue;
    lines = changed.join('\n').split('\n');
    kinds.push(kind);
  }
  return { kind: kinds.join(', then '), text: lines.join('\n') };
}
