import type { Placement } from '../../porting/place/place.js';
import type { Refusal } from '../../porting/place/refusal.js';
import { describeHookProof, describeProof } from '../../porting/prove/object-proof.js';
import type { Port } from '../../porting/prove/pipeline.js';

const CONTEXT = 12;

const style = `
:root{color-scheme:light dark;--line:#8884;--add:#2da44e26;--gone:#8881;--bad:#cf222e;--good:#1a7f37}
body{font:15px/1.5 system-ui,sans-serif;max-width:1300px;margin:2em auto;padding:0 1em}
h1{font-size:1.4em}h2{font-size:1.1em;margin:2em 0 .4em;border-top:1px solid var(--line);padding-top:1em}
table.diff{width:100%;table-layout:fixed;border-collapse:collapse;font:12.5px/1.45 ui-monospace,monospace;tab-size:4}
.diff td{white-space:pre-wrap;overflow-wrap:anywhere;vertical-align:top;padding:0 .5em}
.diff td.n{width:3.6em;text-align:right;color:#888;user-select:none}
.diff tr.add td{background:var(--add)}.diff tr.add td.none{background:var(--gone)}
.good{color:var(--good)}.bad{color:var(--bad)}.k{color:#8250df}.s{color:#0a7}.c{color:#888;font-style:italic}.p{color:#c60}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:1em}.sides td{font-size:12px}
code{font-family:ui-monospace,monospace}.meta{color:#777}`;

function quoted(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const lexeme =
  /(\/\*.*?(?:\*\/|$)|\/\/.*$|^\s*\*(?:\/|\s.*|$))|("(?:[^"\\]|\\.)*")|(^\s*#\s*\w+.*$)|\b(if|else|for|while|do|switch|case|break|return|goto|static|inline|const|struct|enum|union|unsigned|int|void|bool|char|u8|u16|u32|u64)\b/g;

/** One line of C with its comments, strings, directives and keywords coloured. */
function colour(line: string): string {
  let result = '';
  let at = 0;
  for (const match of line.matchAll(lexeme)) {
    const kind = match[1] ? 'c' : match[2] ? 's' : match[3] ? 'p' : 'k';
    result += `${quoted(line.slice(at, match.index))}<span class="${kind}">${quoted(match[0])}</span>`;
    at = match.index + match[0].length;
  }
  return result + quoted(line.slice(at));
}

/** Old and new text side by side around one hook. */
function hookDiff(placement: Placement, port: Port): string {
  const old = (port.before.get(placement.file) ?? '').split('\n');
  const added = placement.text.replace(/\n$/, '').split('\n');
  // Lines of the new file are those of the old one plus every hook placed above.
  const shift = port.result.placements
    .filter(({ file, line }) => file === placement.file && line < placement.line)
    .reduce((sum, { text }) => sum + text.replace(/\n$/, '').split('\n').length, 0);
  const row = (left: number | undefined, right: number, text: string): string => {
    const cell = colour(text);
    const first =
      left === undefined
        ? '<td class="n none"></td><td class="none"></td>'
        : `<td class="n">${left}</td><td>${cell}</td>`;
    return `<tr${left === undefined ? ' class="add"' : ''}>${first}<td class="n">${right}</td><td>${cell}</td></tr>`;
  };
  const rows: string[] = [];
  for (let line = Math.max(1, placement.line - CONTEXT); line < placement.line; line++)
    rows.push(row(line, line + shift, old[line - 1] ?? ''));
  for (const [index, text] of added.entries())
    rows.push(row(undefined, placement.line + shift + index, text));
  for (let line = placement.line; line < Math.min(old.length, placement.line + CONTEXT); line++)
    rows.push(row(line, line + shift + added.length, old[line - 1] ?? ''));
  return `<table class="diff">${rows.join('')}</table>`;
}

function hookSection(placement: Placement, port: Port): string {
  const review =
    placement.review === undefined ? '' : ` <b class="bad">review: ${quoted(placement.review)}</b>`;
  return `<h2 id="${placement.hook}">${quoted(placement.hook)} <span class="meta">(${placement.role})</span>${review}</h2>
<p><code>${quoted(placement.signature)}</code><br>${quoted(placement.file)}:${placement.line}, ${quoted(placement.why)}</p>
${hookDiff(placement, port)}`;
}

function refusalSection(refusal: Refusal, port: Port): string {
  const lines = (port.before.get(refusal.file) ?? '').split('\n');
  const shown = refusal.lines.slice(0, 3).map((centre) => {
    const rows = [];
    for (let line = Math.max(1, centre - CONTEXT); line <= Math.min(lines.length, centre + CONTEXT); line++)
      rows.push(
        `<tr${line === centre ? ' class="add"' : ''}><td class="n">${line}</td><td>${colour(lines[line - 1] ?? '')}</td></tr>`,
      );
    return `<table class="diff">${rows.join('')}</table>`;
  });
  const candidates = refusal.candidates.map(
    ({ line, score, text }) => `<li>line ${line}, score ${score}: <code>${quoted(text)}</code></li>`,
  );
  return `<h2 class="bad">${quoted(refusal.hook)} (${refusal.role}) refused: ${refusal.reason}</h2>
<p>${quoted(refusal.what)}. Edit <code>${quoted(refusal.manifest)}</code> of the manifest.${
    refusal.similar.length > 0 ? ` Similar: ${quoted(refusal.similar.join(', '))}.` : ''
  }</p><ul>${candidates.join('')}</ul>${evidenceTable(refusal, port)}${shown.join('')}`;
}

/** The hook in an earlier patch on the left, its function of today on the right. */
function evidenceTable(refusal: Refusal, port: Port): string {
  const evidence = port.result.evidence.find(({ hook }) => hook === refusal.hook);
  if (evidence === undefined) return '';
  const { old, now } = evidence;
  const left = (old?.lines ?? []).map(
    (line) => `<tr${line.startsWith('+') ? ' class="add"' : ''}><td>${colour(line.slice(1))}</td></tr>`,
  );
  const right = (now?.lines ?? []).map(
    (line, index) => `<tr><td class="n">${(now?.line ?? 0) + index}</td><td>${colour(line)}</td></tr>`,
  );
  const before = old === undefined ? 'in no earlier patch' : `in ${old.patch} ${old.header}`;
  const today =
    now === undefined ? 'no function like it' : `${now.instead ? 'likeliest: ' : ''}${now.function}`;
  return `<div class="sides"><div><p class="meta">before, ${quoted(before)}</p><table class="diff">${left.join('')}</table></div>
<div><p class="meta">now, ${quoted(today)}</p><table class="diff">${right.join('')}</table></div></div>`;
}

function compileSection({ result }: Port): string {
  const { compile } = result;
  if (compile.state === 'not-compiled') return `<p>Not compiled: ${quoted(compile.why)}.</p>`;
  const items = [
    `unmodified driver built in ${compile.vanillaSeconds} s, ported driver in ${compile.portedSeconds} s, for ${quoted(compile.release)}`,
    ...compile.newWarnings.map((warning) => `<span class="bad">new ${quoted(warning)}</span>`),
    ...compile.proofs.map(
      (proof) => `<span class="${proof.ok ? 'good' : 'bad'}">${quoted(describeProof(proof))}</span>`,
    ),
    ...compile.hookProofs.map(
      (proof) => `<span class="${proof.ok ? 'good' : 'bad'}">${quoted(describeHookProof(proof))}</span>`,
    ),
    ...compile.strays.map(
      ({ from, symbol }) => `<span class="bad">unexpected ${quoted(symbol)} from ${quoted(from)}</span>`,
    ),
  ];
  return `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`;
}

/** One self-contained page for a reviewer: every hook with old and new text side by side. */
export function reportHtml(port: Port): string {
  const { result } = port;
  const title = `${result.title}: netmap hooks on Linux ${result.kernel}`;
  const sums = Object.entries(result.sources).map(
    ([name, sum]) => `<li>${quoted(name)} <code>${sum}</code></li>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${quoted(title)}</title><style>${style}</style></head>
<body><h1>${quoted(title)}</h1>
<p>Outcome: <b class="${result.outcome === 'refused' ? 'bad' : 'good'}">${result.outcome}</b>, placed in ${result.placingMs} ms.
${result.placements.map(({ hook }) => `<a href="#${hook}">${quoted(hook)}</a>`).join(' · ')}</p>
<ul>${sums.join('')}</ul>
${result.refusals.map((refusal) => refusalSection(refusal, port)).join('\n')}
${result.placements.map((placement) => hookSection(placement, port)).join('\n')}
<h2>Checks passed</h2><ul>${result.gates.map((gate) => `<li>${quoted(gate)}</li>`).join('')}</ul>
<h2>Compile and object proof</h2>${compileSection(port)}
<h2>Run</h2><p>${result.run.state === 'passed' ? `Passed on ${quoted(result.run.models.join(', '))}.` : quoted(result.run.why)}</p>
</body></html>
`;
}
