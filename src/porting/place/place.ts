import { defined } from '../../core/defined.js';
import type { Hook } from '../../facts/drivers/manifest.js';
import { type CFunction, type SourceFile, signatureTokens, spell } from '../source/functions.js';
import { compilePattern, matches, similarNames } from '../source/pattern.js';
import { type Body, parseBody, UnreadableBody } from '../source/statements.js';
import { aboveFunction, besideAnchor, betweenAnchors, firstStatement } from './anchors.js';
import {
  checkConditionals,
  checkNeeds,
  checkOrder,
  checkReached,
  checkStraight,
  checkTangles,
} from './gates.js';
import { type Refusal, refusal } from './refusal.js';
import { branchesAt, type Refuse, Refused, refuseMacros, type Spot } from './spot.js';

/** A hook's place in a file: its text goes in front of line `line`. */
export interface Placement {
  readonly hook: string;
  readonly role: Hook['role'];
  readonly file: string;
  readonly function: string;
  readonly signature: string;
  readonly line: number;
  readonly text: string;
  readonly why: string;
  /** The choice was narrow: a person should look at it. */
  readonly review?: string;
}

export type Placed = { readonly placement: Placement } | { readonly refusal: Refusal };

/**
 * Finds the one place for a hook, or says why there is none. Pure; every gate that can be decided from the text
 * of one file is here, and each of them refuses when in doubt.
 *
 * @param index number of the hook in its manifest, to name the member to edit
 */
export function placeHook(file: SourceFile, hook: Hook, index: number): Placed {
  const source = withoutMacros(file, hook.macros);
  const refuse: Refuse = (reason, what, member, more = {}) => {
    const base = { hook: hook.id, role: hook.role, file: source.name, manifest: `hooks[${index}].${member}` };
    throw new Refused(refusal(base, reason, what, more));
  };
  try {
    const fn = findFunction(source, hook, refuse);
    const text = chooseText(source, fn, hook, refuse);
    const spot =
      hook.at.place === 'before-function' ? aboveFunction(source, fn) : inBody(source, fn, hook, refuse);
    checkConditionals(source, fn, spot, hook, refuse);
    checkNeeds(source, fn, spot, hook, refuse);
    return {
      placement: {
        hook: hook.id,
        role: hook.role,
        file: hook.file,
        function: fn.name,
        signature: spell(signatureTokens(source, fn)),
        line: spot.line,
        text: text.endsWith('\n') ? text : `${text}\n`,
        why: spot.why,
        ...(spot.review === undefined ? {} : { review: spot.review }),
      },
    };
  } catch (error) {
    if (error instanceof Refused) return { refusal: error.refusal };
    throw error;
  }
}

/** The file as a hook sees it that expects these names to be macros. */
function withoutMacros(file: SourceFile, names: readonly string[]): SourceFile {
  if (names.length === 0) return file;
  const expected = (rest: string): boolean => names.includes(/^\w+/.exec(rest)?.[0] ?? '');
  const directives = file.directives.filter(({ keyword, rest }) => keyword !== 'define' || !expected(rest));
  return { ...file, directives };
}

function findFunction(source: SourceFile, hook: Hook, refuse: Refuse): CFunction {
  const found = source.functions.filter(({ name }) => hook.functions.includes(name));
  const names = hook.functions.join(' or ');
  const [fn] = found;
  if (fn === undefined) {
    const similar = similarNames(
      defined(hook.functions[0]),
      source.functions.map(({ name }) => name),
    );
    return refuse('function-gone', `there is no function ${names}`, 'functions', { similar });
  }
  if (found.length > 1)
    refuse('function-twice', `${names} is defined ${found.length} times`, 'functions', {
      lines: found.map(({ line }) => line),
    });
  const around = [fn.start, fn.open, fn.close].map((at) => branchesAt(source, at));
  const condition = around.find((branches) => branches.length > 0)?.at(-1);
  if (condition !== undefined)
    refuse('function-conditional', `${fn.name} depends on ${condition.text}`, 'functions', {
      lines: [condition.line],
    });
  if (fn.tangledAt !== undefined)
    refuse(
      'function-tangled',
      `the branches of the #if in ${fn.name} do not agree about brackets`,
      'functions',
      {
        lines: [fn.tangledAt],
      },
    );
  refuseMacros(source, [fn.name], refuse);
  return fn;
}

function chooseText(source: SourceFile, fn: CFunction, hook: Hook, refuse: Refuse): string {
  if (hook.text !== undefined) return hook.text;
  const signature = signatureTokens(source, fn);
  const fitting = (hook.variants ?? []).filter(({ whenSignature }) =>
    matches(compilePattern(whenSignature), signature),
  );
  if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0].text;
  return fitting.length === 0
    ? refuse('signature-unknown', `no variant is for \`${spell(signature)}\``, 'variants', {
        lines: [fn.line],
      })
    : refuse('ambiguous', `${fitting.length} variants fit \`${spell(signature)}\``, 'variants', {
        lines: [fn.line],
      });
}

function inBody(source: SourceFile, fn: CFunction, hook: Hook, refuse: Refuse): Spot {
  let body: Body;
  try {
    body = parseBody(source, fn);
  } catch (error) {
    if (!(error instanceof UnreadableBody)) throw error;
    return refuse('function-tangled', `${fn.name}: ${error.message}`, 'functions', { lines: [error.line] });
  }
  const spot =
    hook.at.place === 'after-declarations'
      ? firstStatement(source, fn, body, hook.at.mayCall, refuse)
      : hook.at.place === 'between'
        ? betweenAnchors(source, fn, body, hook.at, refuse)
        : besideAnchor(source, fn, body, hook, refuse);
  checkTangles(source, fn, body, [spot.token, spot.token - 1], refuse);
  checkReached(source, fn, body, spot, refuse);
  checkOrder(source, fn, body, spot, hook, refuse);
  if (hook.straight) checkStraight(source, fn, body, spot, refuse);
  return { ...spot, body };
}
