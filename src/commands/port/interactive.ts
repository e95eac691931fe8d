import path from 'node:path';
import { createInterface, type Interface } from 'node:readline/promises';
import { NetmapError } from '../../core/errors.js';
import type { Runner } from '../../core/runner.js';
import type { Tools } from '../../core/tools.js';
import type { Hook, Manifest } from '../../facts/drivers/manifest.js';
import { explainRefusal } from '../../porting/place/explain.js';
import { insertHooks } from '../../porting/place/insert.js';
import type { Placement } from '../../porting/place/place.js';
import { type PortPlan, planPort } from '../../porting/place/plan.js';
import type { Refusal } from '../../porting/place/refusal.js';
import {
  collectEvidence,
  type EarlierPatch,
  type Evidence,
  evidenceText,
} from '../../porting/prove/evidence.js';
import type { DriverSource } from '../../porting/source/driver-source.js';
import { planByHand } from '../../porting/work/by-hand.js';
import { commitPort, readEdited, type WorkFolder } from '../../porting/work/work.js';

export interface Dialogue {
  /** Asks one question. @returns the answer, or nothing at the end of the input */
  ask(question: string): Promise<string | undefined>;
  edit(file: string): Promise<void>;
  /** One line, before the next question. */
  say(line: string): void;
  close(): void;
}

/** Questions on the terminal; without one, answers are the lines of the standard input. */
export function terminalDialogue(
  { runner }: Pick<Tools, 'runner'>,
  env: NodeJS.ProcessEnv = process.env,
): Dialogue {
  const edit = (file: string): Promise<void> => runEditor(env.VISUAL || env.EDITOR || 'vi', file, runner);
  const { stdin: input, stdout: output } = process;
  const say = (line: string) => void output.write(`${line}\n`);
  if (input.isTTY) return { ask: askTerminal, edit, say, close: () => undefined };
  const lines: Interface = createInterface({ input, output });
  const answers = lines[Symbol.asyncIterator]();
  return {
    async ask(question) {
      output.write(question);
      const { value, done } = await answers.next();
      return done ? undefined : String(value).trim();
    },
    edit,
    say,
    close: () => lines.close(),
  };
}

/** One interface for each question: between questions the keys belong to the editor. */
async function askTerminal(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  try {
    return (await Promise.race([lines.question(question), ended]))?.trim();
  } finally {
    lines.close();
  }
}

/** The editor owns the terminal while it runs. @throws NetmapError `editor-failed` */
async function runEditor(editor: string, file: string, runner: Runner): Promise<void> {
  const { exitCode } = await runner.run({
    file: '/bin/sh',
    args: ['-c', `${editor} "$1"`, 'sh', file],
    terminal: true,
    allowFailure: true,
  });
  if (exitCode !== 0)
    throw new NetmapError({
      code: 'editor-failed',
      what: `${editor} failed`,
      why: `status ${exitCode}`,
      mend: 'set $EDITOR to an editor that is installed',
    });
}

/** A choice that the tool offers for a refused hook. */
type Choice = { readonly label: string; readonly change: (hook: Hook) => Hook };

/** A hook whose function has a new name, in the signatures of its variants too. */
function renamed(hook: Hook, name: string): Hook {
  const old = new RegExp(`\\b(${hook.functions.join('|')})\\b`, 'g');
  return {
    ...hook,
    functions: [name],
    ...(hook.variants === undefined
      ? {}
      : {
          variants: hook.variants.map((one) => ({
            ...one,
            whenSignature: one.whenSignature.replace(old, name),
          })),
        }),
  };
}

function choicesFor(refused: Refusal, evidence: Evidence | undefined): Choice[] {
  const likely = evidence?.now === undefined ? [] : [evidence.now.function];
  const functions = refused.reason === 'function-gone' ? [...new Set([...likely, ...refused.similar])] : [];
  return [
    ...functions.map((name) => ({
      label: `the function is now ${name}`,
      change: (hook: Hook): Hook => renamed(hook, name),
    })),
    ...refused.candidates.map(({ line, text, score }) => ({
      label: `in front of line ${line}: ${text} (score ${score})`,
      change: (hook: Hook): Hook => ({
        ...hook,
        at: { place: 'before', anchor: text, final: false, nested: true },
        order: [],
      }),
    })),
  ];
}

/** What a dialogue is about. */
export interface OpenPort {
  readonly manifest: Manifest;
  readonly manifestFile: string;
  readonly source: DriverSource;
  readonly plan: PortPlan;
  /** Shown beside what has no place. */
  readonly earlier: readonly EarlierPatch[];
  readonly makeWork: () => Promise<WorkFolder>;
}

export interface Settled {
  readonly plan: PortPlan;
  /** The files in the work folder are the person's, and hold the plan. */
  readonly edited: boolean;
}

/**
 * Asks about every refused hook until none is left or the person gives up. A chosen candidate becomes a rule for
 * this run and is placed and checked like any other; an edited file is read as by `planByHand`.
 */
export async function settle(open: OpenPort, dialogue: Dialogue, tools: Tools): Promise<Settled> {
  const { manifest, source } = open;
  let { plan } = open;
  let rules = manifest;
  const chosen = new Set<string>();
  for (let [refused] = plan.refusals; refused !== undefined; [refused] = plan.refusals) {
    const [evidence] = collectEvidence(manifest, [refused], source.files, open.earlier);
    for (const line of explainRefusal(refused, open.manifestFile)) dialogue.say(line);
    for (const line of evidence === undefined ? [] : evidenceText(evidence, refused)) dialogue.say(line);
    const choices = choicesFor(refused, evidence);
    for (const [index, { label }] of choices.entries()) dialogue.say(`  ${index + 1}) ${label}`);
    const answer = await dialogue.ask('number, e to edit the file, q to give up: ');
    if (answer === undefined || answer === 'q') return { plan, edited: false };
    if (answer === 'e') {
      const edited = await editFiles(manifest, source, plan, refused, await open.makeWork(), dialogue, tools);
      if (edited.refusals.length === 0) return { plan: edited, edited: true };
      plan = { ...edited, placements: plan.placements };
      continue;
    }
    const choice = choices[Number(answer) - 1];
    if (choice === undefined) dialogue.say(`  there is no choice ${answer}`);
    else {
      chosen.add(refused.hook);
      rules = {
        ...rules,
        hooks: rules.hooks.map((hook) => (hook.id === refused.hook ? choice.change(hook) : hook)),
      };
      plan = planPort(rules, source.files);
    }
  }
  const review = (one: Placement): Placement =>
    chosen.has(one.hook) ? { ...one, review: 'chosen by hand' } : one;
  return { plan: { ...plan, placements: plan.placements.map(review) }, edited: false };
}

async function editFiles(
  manifest: Manifest,
  source: DriverSource,
  plan: PortPlan,
  refused: Refusal,
  work: WorkFolder,
  dialogue: Dialogue,
  tools: Tools,
): Promise<PortPlan> {
  await writePartial(manifest, source, plan, work, tools);
  const file = path.join(
    work.driver,
    manifest.files.includes(refused.file) ? refused.file : manifest.keyFile,
  );
  await dialogue.edit(file);
  return planByHand(manifest, source.files, await readEdited(manifest, work, tools));
}

/** Writes the files with the hooks that found a place; the others are for a person to put in. */
export async function writePartial(
  manifest: Manifest,
  source: DriverSource,
  plan: PortPlan,
  work: WorkFolder,
  tools: Pick<Tools, 'runner' | 'files'>,
): Promise<void> {
  const partial = new Map<string, string>();
  for (const name of manifest.files) {
    const placed = plan.placements.filter(({ file }) => file === name);
    partial.set(name, insertHooks(source.files.get(name) ?? '', placed));
  }
  await commitPort(work, partial, 'the hooks that found a place', tools);
}
