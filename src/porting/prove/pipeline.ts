import { createHash } from 'node:crypto';
import path from 'node:path';
import { packageRoot } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import type { KernelVersion } from '../../facts/kernel-tree/version.js';
import { runnerForKernel } from '../../lab/vm/build-root.js';
import { makePatch, provePatch } from '../place/emit.js';
import { type PortPlan, planPort } from '../place/plan.js';
import type { DriverSource } from '../source/driver-source.js';
import {
  commitPort,
  defaultWorkDirectory,
  makeWorkFolder,
  openWorkFolder,
  type WorkFolder,
} from '../work/work.js';
import { compileSide } from './compile.js';
import { prepareKernel } from './config-header.js';
import { collectEvidence, type EarlierPatch } from './evidence.js';
import { proveHooks, proveObjects, strayReferences } from './object-proof.js';
import { type CompileResult, type PortResult, whyNotRun } from './result.js';
import { runPort } from './run.js';

export interface PortRequest {
  readonly manifest: Manifest;
  /** Folder of the manifest and of the bridge header. */
  readonly driverFolder: string;
  readonly source: DriverSource;
  /** Compile for this kernel; without it the port is placed and its patch proved, nothing more. */
  readonly kernelDir?: string;
  readonly kernelOpts?: readonly string[];
  /** Searched for headers before the driver's folder. */
  readonly includes?: readonly string[];
  readonly workDirectory?: string;
  readonly dryRun?: boolean;
  /** The hooks as a person placed them; else the rules place them. */
  readonly plan?: PortPlan;
  /** The work folder is there, with a person's edits: go on in it. */
  readonly resumed?: boolean;
  /** Boot the port where there is a model of the device. */
  readonly run?: boolean;
  /** Shown beside what has no place here; nearest kernel first. */
  readonly earlier?: readonly EarlierPatch[];
  /** `performance.now()` when reading the sources began. */
  readonly startedAt?: number;
}

export interface Port {
  readonly result: PortResult;
  readonly version: KernelVersion;
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
}

/**
 * Stages 2 to 8 of a port: index, place, gates, emit and prove the patch, compile both sides, object proof.
 *
 * @throws NetmapError for whatever is not about one hook: unreadable sources, a kernel that does not build, ...
 */
export async function port(request: PortRequest, tools: Tools): Promise<Port> {
  const { manifest, source } = request;
  const started = request.startedAt ?? performance.now();
  const plan = request.plan ?? planPort(manifest, source.files);
  const outcome = plan.refusals.length > 0 ? 'refused' : plan.already ? 'already-ported' : 'ported';
  const patch = outcome === 'ported' ? makePatch(manifest, source.files, plan.files) : '';
  if (outcome === 'ported') await provePatch(manifest, patch, source.files, plan.files, tools);
  const placingMs = Math.round(performance.now() - started);

  const work = outcome === 'ported' && !request.dryRun ? await keepWork(request, plan, tools) : undefined;
  const compile: CompileResult =
    work === undefined || request.kernelDir === undefined
      ? { state: 'not-compiled', why: whyNotCompiled(request, outcome) }
      : await compileBoth(request, request.kernelDir, work, plan, tools);
  const run: PortResult['run'] =
    request.run &&
    work !== undefined &&
    request.kernelDir !== undefined &&
    compile.state === 'compiled' &&
    compile.proved
      ? await runPort(manifest, patch, request.kernelDir, work, tools)
      : { state: 'not-run', why: whyNotRun(manifest) };
  const result: PortResult = {
    driver: manifest.name,
    title: manifest.title ?? manifest.name,
    kernel: source.version.dotted,
    tree: source.tree,
    sources: Object.fromEntries([...source.files].map(([name, text]) => [name, sha256(text)])),
    outcome,
    placements: plan.placements,
    skipped: plan.skipped,
    refusals: plan.refusals,
    evidence: collectEvidence(manifest, plan.refusals, source.files, request.earlier ?? []),
    patch,
    ...(work === undefined ? {} : { workFolder: work.directory }),
    gates: outcome === 'refused' ? [] : passedGates(outcome),
    compile,
    run,
    placingMs,
  };
  return { result, version: source.version, before: source.files, after: plan.files };
}

async function keepWork(request: PortRequest, plan: PortPlan, tools: Tools): Promise<WorkFolder> {
  const { manifest, source } = request;
  const directory = path.resolve(request.workDirectory ?? defaultWorkDirectory(manifest, source));
  const work = request.resumed
    ? openWorkFolder(manifest, directory)
    : await makeWorkFolder(manifest, source, directory, tools);
  await commitPort(work, plan.files, `netmap hooks for ${manifest.name}`, tools);
  return work;
}

async function compileBoth(
  request: PortRequest,
  kernelDir: string,
  work: WorkFolder,
  plan: PortPlan,
  { runner, files }: Tools,
): Promise<CompileResult> {
  const { manifest, source, kernelOpts = [] } = request;
  const tools = { runner: await runnerForKernel(kernelDir, { runner, files }), files };
  const config = path.join(work.directory, 'build-config');
  const kernel = await prepareKernel(kernelDir, kernelOpts, config, tools);
  const headers = ['include', 'include/dev', 'include/compat'].map((name) =>
    path.join(packageRoot, 'kernel', name),
  );
  const includes = [config, ...(request.includes ?? []), ...headers, request.driverFolder];
  const compile = { manifest, work, kernelDir: kernel.buildDir, kernelOpts, includes };
  const vanilla = await compileSide('vanilla', source.files, compile, tools);
  const after = new Map([...source.files, ...plan.files]);
  const ported = await compileSide('ported', after, compile, tools);
  const apart = await compileSide('proof', after, compile, tools);
  const newWarnings = ported.warnings.filter((warning) => !vanilla.warnings.includes(warning));
  const proofs = proveObjects(manifest, ported.references, vanilla.references);
  const hookProofs = proveHooks(plan.placements, apart.references, after);
  const strays = strayReferences(manifest, ported.references);
  return {
    state: 'compiled',
    kernelDir: kernel.buildDir,
    release: kernel.release,
    vanillaSeconds: vanilla.seconds,
    portedSeconds: ported.seconds,
    newWarnings,
    proofs,
    hookProofs,
    strays,
    proved:
      newWarnings.length === 0 &&
      strays.length === 0 &&
      proofs.every(({ ok }) => ok) &&
      hookProofs.every(({ ok }) => ok),
  };
}

function whyNotCompiled(request: PortRequest, outcome: PortResult['outcome']): string {
  if (outcome !== 'ported') return 'there is no new port to compile';
  if (request.dryRun) return 'dry run';
  return 'no --kernel-dir was given';
}

function passedGates(outcome: 'ported' | 'already-ported'): string[] {
  return [
    'sources read completely, text only, inside the tree',
    'every hook placed exactly once, in the function and at the statement that its rule names',
    'signatures known, identifiers in scope with their types',
    'no hook inside a conditional of the preprocessor, none above the include',
    'order of the surrounding statements as the rules require',
    'census: no unknown user of the functions that own descriptors',
    'nothing of the driver removed or changed',
    outcome === 'ported'
      ? 'the patch applies to the unchanged sources without fuzz and gives the planned text'
      : 'a second run changes nothing',
  ];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
