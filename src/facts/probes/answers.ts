import { NetmapError } from '../../core/errors.js';
import { probeMark, SENTINEL } from './batch.js';
import type { Probe } from './probe.js';

export interface Answer {
  readonly probe: Probe;
  readonly yes: boolean;
  /** What the compiler said about a question that did not compile. */
  readonly output: string;
}

/** Splits gcc or clang output into diagnostics: an error line with the notes and quotes that follow it. */
function diagnostics(output: string): string[] {
  const blocks: string[][] = [];
  let leading: string[] = [];
  for (const line of output.split('\n')) {
    if (/: (fatal )?error: /.test(line)) {
      blocks.push([...leading, line]);
      leading = [];
    } else if (/: In function|^In file included from|^ {17}from |: At top level|: warning: /.test(line)) {
      leading.push(line);
    } else {
      blocks.at(-1)?.push(line);
    }
  }
  return blocks.map((block) => block.join('\n').trimEnd());
}

/**
 * Reads the answers out of the compiler's messages: a question with an error of its own is answered no.
 *
 * @throws NetmapError `probes-confused` when an error belongs to no question: then the headers themselves
 *   do not compile, and no answer could be trusted.
 */
export function readAnswers(probes: readonly Probe[], output: string): Answer[] {
  const said = new Map<string, string[]>();
  for (const block of diagnostics(output)) {
    const id = owner(block);
    if (id === undefined && PROMOTED.test(block)) continue;
    if (id === undefined) throw confused(block);
    said.set(id, [...(said.get(id) ?? []), block]);
  }
  if (!said.has(SENTINEL)) throw confused(output);
  return probes.map((probe) => {
    const blocks = said.get(probe.id);
    return { probe, yes: blocks === undefined, output: blocks?.join('\n') ?? '' };
  });
}

/** A warning in a header that -Werror made an error; it does not keep the rest from being compiled. */
const PROMOTED = /\[-Werror(,|=)/;

const MARK = new RegExp(`(?:^|[\\s/])${probeMark('(\\w+)').replace('.', '\\.')}:\\d+`, 'm');

/** The error line names the question, or the note that tells where a macro of a header was used does. */
function owner(block: string): string | undefined {
  const error = block.split('\n').find((line) => /: (fatal )?error: /.test(line)) ?? '';
  return MARK.exec(error)?.[1] ?? MARK.exec(block)?.[1];
}

function confused(block: string): NetmapError {
  return new NetmapError({
    code: 'probes-confused',
    what: "the kernel's own headers do not compile",
    why: block.split('\n').slice(0, 12).join('\n'),
    mend: 'build with the compiler that built the kernel (CONFIG_CC_VERSION_TEXT in its .config)',
    exitCode: 1,
  });
}
