import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { PortInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import type { Tools } from '../../core/tools.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import { chooseRules, earlierPatches, type Rules } from '../../porting/learn/rules-source.js';
import { explainHook } from '../../porting/place/explain.js';
import { type PortPlan, planPort } from '../../porting/place/plan.js';
import type { EarlierPatch } from '../../porting/prove/evidence.js';
import { type Port, port } from '../../porting/prove/pipeline.js';
import { type DriverSource, readDriverSource } from '../../porting/source/driver-source.js';
import { planByHand } from '../../porting/work/by-hand.js';
import {
  defaultWorkDirectory,
  makeWorkFolder,
  openWorkFolder,
  readEdited,
  vanillaFiles,
  type WorkFolder,
} from '../../porting/work/work.js';
import { type Settled, settle, terminalDialogue, writePartial } from './interactive.js';
import { checkOptions, isGood, patchFiles } from './plan.js';
import { writeReports } from './reports.js';
import { type Shown, showExplained, showPorts } from './show.js';

/** `port`: ports a driver to each kernel tree given; status 8 when a port was refused. */
export async function run(input: PortInput): Promise<Result> {
  const { words, flags, options, context, tools } = input;
  const [driver = ''] = words;
  checkOptions(flags);
  const rules = await chooseRules(driver, flags, tools);
  if (flags.explain !== undefined) return explain(rules, flags.explain, input);
  const ports: Port[] = [];
  const shown: Shown[] = [];
  for (const [index, tree] of flags.kernelSources.entries()) {
    const { done, note } = await portOne(rules, tree, flags.kernelDir[index], input);
    ports.push(done);
    shown.push({ result: done.result, note });
  }
  const failed = ports.some(({ result }) => !isGood(result));
  const patches = failed ? [] : patchFiles(rules.manifest, ports, flags);
  if (!options.dryRun) {
    for (const { file, patch } of patches) await tools.files.write(path.resolve(context.cwd, file), patch);
    if (flags.report !== undefined) await writeReports(ports, flags.report, tools);
  }
  return showPorts(shown, rules.file, patches, { dryRun: options.dryRun, failed });
}

async function portOne(
  rules: Rules,
  tree: string,
  kernelDir: string | undefined,
  input: PortInput,
): Promise<{ readonly done: Port; readonly note: string | undefined }> {
  const { flags, options, tools } = input;
  const { manifest, driverFolder } = rules;
  const startedAt = performance.now();
  const source = await readDriverSource(tree, manifest, tools.files);
  const work = path.resolve(flags.work ?? defaultWorkDirectory(manifest, source));
  const earlier = [
    ...(rules.patch === undefined ? [] : [rules.patch]),
    ...(await earlierPatches(manifest, source.version.code, flags.out ?? 'final-patches', tools)),
  ];
  const { plan, edited, note } = await choosePlan(rules, source, earlier, work, input);
  const request = {
    manifest,
    driverFolder,
    source,
    plan,
    ...(kernelDir === undefined ? {} : { kernelDir }),
    kernelOpts: flags.kernelOpts,
    includes: flags.include.map((directory) => path.resolve(directory)),
    workDirectory: work,
    startedAt,
    earlier,
    run: flags.run,
    resumed: edited,
    dryRun: options.dryRun,
  };
  return { done: await port(request, tools), note };
}

/** The rules' plan; or what a person made of it, in a dialogue or in the files of the work folder. */
async function choosePlan(
  { manifest, file: manifestFile }: Rules,
  source: DriverSource,
  earlier: readonly EarlierPatch[],
  directory: string,
  { flags, options, tools }: PortInput,
): Promise<Settled & { readonly note?: string }> {
  if (flags.resume) {
    const resumed = await resumePlan(manifest, source, openWorkFolder(manifest, directory), tools);
    return { plan: resumed, edited: true };
  }
  const plan = planPort(manifest, source.files);
  if (plan.refusals.length === 0 || options.dryRun) return { plan, edited: false };
  const makeWork = () => makeWorkFolder(manifest, source, directory, tools);
  if (flags.interactive) {
    const dialogue = terminalDialogue(tools);
    try {
      return await settle({ manifest, manifestFile, source, plan, earlier, makeWork }, dialogue, tools);
    } finally {
      dialogue.close();
    }
  }
  if (flags.work === undefined) return { plan, edited: false };
  // The person asked for a folder to go on in by hand.
  await writePartial(manifest, source, plan, await makeWork(), tools);
  const note = `put the missing hooks into the files in ${directory}, then run again with --resume`;
  return { plan, edited: false, note };
}

async function resumePlan(
  manifest: Manifest,
  source: DriverSource,
  work: WorkFolder,
  tools: Tools,
): Promise<PortPlan> {
  const edited = await readEdited(manifest, work, tools);
  const vanilla = await vanillaFiles(manifest, work, tools);
  const other = [...source.files].find(([name, text]) => vanilla.get(name) !== text);
  if (other !== undefined)
    throw new NetmapError({
      code: 'work-folder-of-other-sources',
      what: `${work.directory} was made from other sources`,
      why: `${other[0]} differs from the one in ${source.tree}`,
      mend: 'name the kernel sources that it was made from, or start without --resume',
      exitCode: exitCodes.usage,
    });
  return planByHand(manifest, source.files, edited);
}

/** --explain: one hook, in every tree. */
async function explain({ manifest, file }: Rules, id: string, { flags, tools }: PortInput): Promise<Result> {
  const lines: string[] = [];
  for (const tree of flags.kernelSources) {
    const source = await readDriverSource(tree, manifest, tools.files);
    const explained = explainHook(manifest, planPort(manifest, source.files), source.files, id, file);
    if (explained === undefined)
      throw new NetmapError({
        code: 'usage',
        what: `${manifest.name} has no hook ${id}`,
        why: `its hooks are ${manifest.hooks.map((hook) => hook.id).join(', ')}`,
        mend: 'name one of them',
        exitCode: exitCodes.usage,
      });
    lines.push(`Linux ${source.version.dotted}`, ...explained);
  }
  return showExplained(lines);
}
