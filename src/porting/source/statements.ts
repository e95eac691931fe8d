import type { CFunction, SourceFile } from './functions.js';
import type { Token } from './tokens.js';

/** A statement without inner statements: expression, declaration, return, goto, ... */
export interface Statement {
  /** Token range, end exclusive; the `;` is included. */
  readonly start: number;
  readonly end: number;
  readonly declaration: boolean;
  /** Blocks around it inside the function: 0 is the function's own body. */
  readonly depth: number;
  /** It stands directly in a block, so that another statement can be put beside it. */
  readonly inBlock: boolean;
  /** A label, `case` or `default` leads directly to it. */
  readonly labelled: boolean;
}

/** What an anchor can match: a simple statement, or the head of a compound one up to its condition. */
export interface Anchor extends Statement {
  /** End of the whole statement with its inner statements; equals `end` for simple ones. */
  readonly wholeEnd: number;
}

/** Tokens, end exclusive, whose statements depend on an `#if` in a way that this parser does not follow. */
export interface Tangle {
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

export interface Body {
  /** No hook and no anchor may lie in one. */
  readonly tangles: readonly Tangle[];
  readonly statements: readonly Statement[];
  readonly anchors: readonly Anchor[];
  /** First tokens of the labels. */
  readonly labels: readonly number[];
  /** Top-level items in order, compound statements included: token range and whether it is a declaration. */
  readonly items: readonly { start: number; end: number; declaration: boolean; labelled: boolean }[];
}

const typeWords =
  /^(struct|union|enum|const|static|volatile|unsigned|signed|int|char|short|long|void|bool|_Bool|float|double|auto|register|extern|typeof|__typeof__|__auto_type|typedef)$/;
const declaringMacros = /^(DECLARE_\w+|DEFINE_\w+|LIST_HEAD|HLIST_HEAD)$/;
const notTypes = /^(return|goto|break|continue|fallthrough|asm|__asm__|else|case|default|sizeof)$/;

export class UnreadableBody extends Error {
  readonly line: number;

  constructor(line: number) {
    super(`the statements at line ${line} cannot be told apart`);
    this.line = line;
  }
}

/** @throws UnreadableBody when the tokens do not form statements (macros that hide control flow, #if tangles) */
export function parseBody(source: SourceFile, fn: CFunction): Body {
  const parser = new BodyParser(source, fn);
  return parser.parse();
}

class BodyParser {
  readonly #tokens: readonly Token[];
  readonly #statements: Statement[] = [];
  readonly #heads: Anchor[] = [];
  readonly #labels: number[] = [];
  /** Starts and ends of the items of each block: what an `#if` may enclose. */
  readonly #blocks: { starts: Set<number>; ends: Set<number> }[] = [];
  #at: number;
  readonly source: SourceFile;
  readonly fn: CFunction;

  constructor(source: SourceFile, fn: CFunction) {
    this.source = source;
    this.fn = fn;
    this.#tokens = source.tokens;
    this.#at = fn.open + 1;
  }

  parse(): Body {
    const items: { start: number; end: number; declaration: boolean; labelled: boolean }[] = [];
    const block = this.#newBlock();
    while (this.#at < this.fn.close) {
      const start = this.#at;
      const before = this.#statements.length;
      const labelled = this.#statement(0, true, false);
      block.starts.add(start);
      block.ends.add(this.#at);
      const first = this.#statements[before];
      const simple = first !== undefined && this.#statements.length === before + 1 && first.start === start;
      items.push({ start, end: this.#at, declaration: simple && first.declaration, labelled });
    }
    const simple = this.#statements.map((statement) => ({ ...statement, wholeEnd: statement.end }));
    const anchors = [...simple, ...this.#heads].sort((a, b) => a.start - b.start);
    const tangles = this.#tangles(items);
    return { statements: this.#statements, anchors, labels: this.#labels, items, tangles };
  }

  #newBlock(): { starts: Set<number>; ends: Set<number> } {
    const block = { starts: new Set<number>(), ends: new Set<number>() };
    this.#blocks.push(block);
    return block;
  }

  /**
   * A branch of an `#if` must hold whole statements of one block, or lie inside one simple statement. Else the
   * statements around it depend on the configuration: `if (x)` in front of an `#if` may get another body.
   */
  #tangles(items: readonly { start: number; end: number }[]): Tangle[] {
    return branchRanges(this.source, this.fn).flatMap(([from, to, line]) => {
      const whole = this.#blocks.some(({ starts, ends }) => starts.has(from) && ends.has(to));
      const inside = this.#statements.some(({ start, end }) => start < from && to < end);
      if (from === to || whole || inside) return [];
      const first = items.findIndex(({ end }) => end > from);
      const last = items.findLastIndex(({ start }) => start < to);
      const before = items[Math.max(0, first - 1)] ?? items[0];
      const behind = items[last + 1] ?? items.at(-1);
      return [{ start: before?.start ?? this.fn.open, end: behind?.end ?? this.fn.close, line }];
    });
  }

  #text(at = this.#at): string {
    return at < this.fn.close || at === this.fn.close ? (this.#tokens[at]?.text ?? '') : '';
  }

  #fail(at = this.#at): never {
    throw new UnreadableBody(this.#tokens[Math.min(at, this.fn.close)]?.line ?? this.fn.line);
  }

  /** Moves behind the brackets that open here. */
  #skipBrackets(): void {
    const close = this.source.partner[this.#at] ?? -1;
    if (close < this.#at || close > this.fn.close) this.#fail();
    this.#at = close + 1;
  }

  #expect(text: string): void {
    if (this.#text() !== text) this.#fail();
    this.#at++;
  }

  /** Parses one statement; returns whether labels led to it. */
  #statement(depth: number, inBlock: boolean, labelled: boolean): boolean {
    if (this.#at >= this.fn.close) this.#fail();
    const text = this.#text();
    if (text === '{') {
      const close = this.source.partner[this.#at] ?? -1;
      if (close < this.#at) this.#fail();
      this.#at++;
      const block = this.#newBlock();
      while (this.#at < close) {
        block.starts.add(this.#at);
        this.#statement(depth + 1, true, false);
        block.ends.add(this.#at);
      }
      this.#expect('}');
      return labelled;
    }
    if (this.#label(text)) {
      // A label at the end of a block has no statement.
      if (this.#text() !== '}') this.#statement(depth, inBlock, true);
      return true;
    }
    const start = this.#at;
    const head = (end: number) => (): void => {
      this.#heads.push({ start, end, wholeEnd: this.#at, declaration: false, depth, inBlock, labelled });
    };
    if (/^(if|for|while|switch)$/.test(text)) {
      this.#at++;
      if (this.#text() !== '(') this.#fail();
      this.#skipBrackets();
      const done = head(this.#at);
      this.#statement(depth + 1, false, false);
      if (text === 'if' && this.#text() === 'else') {
        this.#at++;
        this.#statement(depth + 1, false, false);
      }
      done();
      return labelled;
    }
    if (text === 'do') {
      this.#at++;
      this.#statement(depth + 1, false, false);
      this.#expect('while');
      this.#skipBrackets();
      this.#expect(';');
      head(start + 1)();
      return labelled;
    }
    if (text === 'else') this.#fail();
    if (this.#loopMacro()) {
      const done = head(this.#at);
      this.#statement(depth + 1, false, false);
      done();
      return labelled;
    }
    this.#simple(depth, inBlock, labelled);
    return labelled;
  }

  #label(text: string): boolean {
    const start = this.#at;
    if (text === 'case') {
      while (this.#text() !== ':') {
        if (this.#text() === '(') this.#skipBrackets();
        else if (/^[;{}]$/.test(this.#text()) || this.#at >= this.fn.close) this.#fail(start);
        else this.#at++;
      }
    } else if (this.#tokens[this.#at]?.kind === 'word' && this.#text(this.#at + 1) === ':') {
      this.#at++;
    } else return false;
    this.#at++;
    this.#labels.push(start);
    return true;
  }

  /** `for_each_thing(...) statement`: a call that is followed by the start of another statement. */
  #loopMacro(): boolean {
    const start = this.#at;
    if (this.#tokens[start]?.kind !== 'word' || this.#text(start + 1) !== '(') return false;
    if (/^(return|asm|__asm__|sizeof|typeof|__typeof__)$/.test(this.#text(start))) return false;
    this.#at++;
    this.#skipBrackets();
    const next = this.#tokens[this.#at];
    if (next !== undefined && (next.text === '{' || next.kind === 'word')) return true;
    this.#at = start;
    return false;
  }

  #simple(depth: number, inBlock: boolean, labelled: boolean): void {
    const start = this.#at;
    while (this.#text() !== ';') {
      if (this.#at >= this.fn.close || this.#text() === '}') this.#fail(start);
      if (/^[([{]$/.test(this.#text())) this.#skipBrackets();
      else this.#at++;
    }
    this.#at++;
    const declaration = isDeclaration(this.#tokens.slice(start, this.#at));
    this.#statements.push({ start, end: this.#at, declaration, depth, inBlock, labelled });
  }
}

/** Token ranges of the branches of every `#if` inside a function: start, end (exclusive), line of the `#if`. */
function branchRanges(source: SourceFile, fn: CFunction): [number, number, number][] {
  const ranges: [number, number, number][] = [];
  const open: { from: number; line: number }[] = [];
  for (const { keyword, tokenIndex, line } of source.directives) {
    if (tokenIndex <= fn.open || tokenIndex > fn.close) continue;
    const top = open.at(-1);
    if (/^(else|elif|elifdef|elifndef|endif)$/.test(keyword) && top !== undefined) {
      ranges.push([top.from, tokenIndex, top.line]);
      open.pop();
    }
    if (/^(if|ifdef|ifndef)$/.test(keyword)) open.push({ from: tokenIndex, line });
    else if (/^(else|elif|elifdef|elifndef)$/.test(keyword))
      open.push({ from: tokenIndex, line: top?.line ?? line });
  }
  return ranges;
}

export function isDeclaration(tokens: readonly Token[]): boolean {
  const [first, second] = tokens;
  if (first?.kind !== 'word' || notTypes.test(first.text)) return false;
  if (typeWords.test(first.text)) return true;
  if (declaringMacros.test(first.text)) return true;
  if (second?.kind === 'word') return true;
  let at = 1;
  while (tokens[at]?.text === '*') at++;
  return at > 1 && tokens[at]?.kind === 'word' && /^[=;,[]$/.test(tokens[at + 1]?.text ?? '');
}
