import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import { chooseRules, earlierPatches, type Rules } from '../../porting/learn/rules-source.js';
import { patchName, seriesOf } from '../../porting/place/emit.js';
import { explainHook } from '../../porting/place/explain.js';
import { type PortPlan, planPort } from '../../porting/place/plan.js';
import type { EarlierPatch } from '../../porting/prove/evidence.js';
import { type Port, port } from '../../porting/prove/pipeline.js';
import { mergeRanges, type PortedTree } from '../../porting/prove/range.js';
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
import { reportText } from './report-text.js';
import { writeReports } from './reports.js';
import type { PortTools } from './tools.js';

export interface PortOptions {
  readonly kernelSources: readonly string[];
  readonly from?: string;
  readonly fromSources?: string;
  readonly kernelDir?: readonly string[];
  readonly kernelOpts?: readonly string[];
  readonly include?: readonly string[];
  readonly out: string;
  readonly work?: string;
  readonly report?: string;
  readonly dryRun?: boolean;
  readonly range?: boolean;
  readonly json?: boolean;
  readonly explain?: string;
  readonly interactive?: boolean;
  readonly resume?: boolean;
  readonly run?: boolean;
}

/** Ports a driver to each kernel tree given. @returns exit status: 0, or 8 when a port was refused */
export async function portCommand(driver: string, options: PortOptions, tools: PortTools): Promise<number> {
  checkOptions(options);
  const rules = await chooseRules(driver, options, tools);
  const { manifest, driverFolder } = rules;
  const ports: Port[] = [];
  for (const [index, tree] of options.kernelSources.entries()) {
    const kernelDir = options.kernelDir?.[index];
    const startedAt = performance.now();
    const source = await readDriverSource(tree, manifest, tools.files);
    if (options.explain !== undefined) {
      explainOne(rules, source, options.explain, tools);
      continue;
    }
    const work = path.resolve(options.work ?? defaultWorkDirectory(manifest, source));
    const earlier = [
      ...(rules.patch === undefined ? [] : [rules.patch]),
      ...(await earlierPatches(manifest, source.version.code, options.out, tools)),
    ];
    const { plan, edited } = await choosePlan(rules, source, earlier, work, options, tools);
    const request = {
      manifest,
      driverFolder,
      source,
      plan,
      ...(kernelDir === undefined ? {} : { kernelDir }),
      kernelOpts: options.kernelOpts ?? [],
      includes: (options.include ?? []).map((directory) => path.resolve(directory)),
      workDirectory: work,
      startedAt,
      earlier,
      run: options.run ?? false,
      resumed: edited,
      dryRun: options.dryRun ?? false,
    };
    const done = await port(request, tools);
    ports.push(done);
    if (!options.json) for (const line of reportText(done.result, rules.file)) tools.print(line);
  }
  if (options.explain !== undefined) return exitCodes.ok;
  const failed = ports.some(({ result }) => !isGood(result));
  const patches = failed ? [] : await writePatches(manifest, ports, options, tools);
  if (options.report !== undefined && !options.dryRun) await writeReports(ports, options.report, tools);
  if (options.json)
    tools.print(JSON.stringify({ results: ports.map(({ result }) => result), patches }, null, 2));
  else for (const line of patches) tools.print(line);
  return failed ? exitCodes.portRefused : exitCodes.ok;
}

/** The rules' plan; or what a person made of it, in a dialogue or in the files of the work folder. */
async function choosePlan(
  { manifest, file: manifestFile }: Rules,
  source: DriverSource,
  earlier: readonly EarlierPatch[],
  directory: string,
  options: PortOptions,
  tools: PortTools,
): Promise<Settled> {
  if (options.resume) {
    const resumed = await resumePlan(manifest, source, openWorkFolder(manifest, directory), tools);
    return { plan: resumed, edited: true };
  }
  const plan = planPort(manifest, source.files);
  if (plan.refusals.length === 0 || options.dryRun) return { plan, edited: false };
  if (options.interactive) {
    const dialogue = terminalDialogue(tools);
    try {
      const makeWork = () => makeWorkFolder(manifest, source, directory, tools);
      return await settle({ manifest, manifestFile, source, plan, earlier, makeWork }, dialogue, tools);
    } finally {
      dialogue.close();
    }
  }
  if (options.work !== undefined) {
    // The person asked for a folder to go on in by hand.
    await writePartial(
      manifest,
      source,
      plan,
      await makeWorkFolder(manifest, source, directory, tools),
      tools,
    );
    tools.print(`put the missing hooks into the files in ${directory}, then run again with --resume`);
  }
  return { plan, edited: false };
}

async function resumePlan(
  manifest: Manifest,
  source: DriverSource,
  work: WorkFolder,
  tools: PortTools,
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

function explainOne({ manifest, file }: Rules, source: DriverSource, id: string, tools: PortTools): void {
  const lines = explainHook(manifest, planPort(manifest, source.files), source.files, id, file);
  if (lines === undefined)
    throw new NetmapError({
      code: 'usage',
      what: `${manifest.name} has no hook ${id}`,
      why: `its hooks are ${manifest.hooks.map((hook) => hook.id).join(', ')}`,
      mend: 'name one of them',
      exitCode: exitCodes.usage,
    });
  tools.print(`Linux ${source.version.dotted}`);
  for (const line of lines) tools.print(line);
}

function isGood(result: Port['result']): boolean {
  return result.outcome !== 'refused' && (result.compile.state === 'not-compiled' || result.compile.proved);
}

function checkOptions(options: PortOptions): void {
  const dirs = options.kernelDir?.length ?? 0;
  const trees = options.kernelSources.length;
  if (dirs !== 0 && dirs !== trees)
    throw new NetmapError({
      code: 'usage',
      what: `${dirs} build directories for ${trees} source trees`,
      why: 'each --kernel-dir belongs to the --kernel-sources at the same position',
      mend: 'give as many --kernel-dir as --kernel-sources, or none',
      exitCode: exitCodes.usage,
    });
  if (options.work !== undefined && trees > 1)
    throw new NetmapError({
      code: 'usage',
      what: '--work names one folder, but several source trees were given',
      mend: 'leave --work out: every port gets a folder of its own in the cache',
      exitCode: exitCodes.usage,
    });
}

async function writePatches(
  manifest: Manifest,
  ports: readonly Port[],
  options: PortOptions,
  tools: PortTools,
): Promise<string[]> {
  const trees = ports
    .filter(({ result }) => result.outcome === 'ported')
    .map(({ result, version, before, after }): PortedTree => {
      return { version, before, after, patch: result.patch };
    });
  const ranges = options.range
    ? mergeRanges(manifest, trees)
    : trees.map(({ version, patch }) => ({ ...seriesOf(version), patch, covers: [version] }));
  const lines: string[] = [];
  for (const { from, to, patch, covers } of ranges) {
    const target = path.join(options.out, patchName(manifest, from, to));
    if (!options.dryRun) await tools.files.write(path.resolve(target), patch);
    const verb = options.dryRun ? 'would write' : 'wrote';
    lines.push(`${verb} ${target}: exact on ${covers.map(({ dotted }) => dotted).join(', ')}`);
  }
  return lines;
}
