import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { PortInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import type { Tools } from '../../core/tools.js';
import { loadManifest } from '../../facts/drivers/manifest.js';
import type { KernelVersion } from '../../facts/kernel-tree/version.js';
import { checkFit, describeRejected } from '../../facts/patches/fit.js';
import { type PatchName, parsePatchName } from '../../facts/patches/name.js';
import { manifestFolder } from '../../porting/learn/find-driver.js';
import { pathInPatch } from '../../porting/place/emit.js';
import { planPort } from '../../porting/place/plan.js';
import { patchGives } from '../../porting/prove/range.js';
import { readDriverSource } from '../../porting/source/driver-source.js';
import { type Finding, misnamed, overlaps } from './plan.js';
import { showFindings } from './show.js';

interface Kernel {
  readonly version: KernelVersion;
  readonly sources: string;
}

/**
 * `audit`: looks over `final-patches`: names that cannot be read, ranges of one driver that overlap, and, with kernel
 * sources, patches that fit none of the kernels in their range (dead) or give something else than the rules.
 */
export async function run({ flags, context, tools }: PortInput): Promise<Result> {
  const directory = path.resolve(context.cwd, flags.patches ?? 'final-patches');
  if (!(await tools.files.isDirectory(directory)))
    throw new NetmapError({
      code: 'patches-missing',
      what: `there is no directory ${directory}`,
      mend: 'name it: --patches DIR',
      exitCode: exitCodes.usage,
    });
  const names = await tools.files.list(directory);
  const parsed = names.flatMap((file) => parsePatchName(file) ?? []);
  const findings: Finding[] = [
    ...names.filter((file) => parsePatchName(file) === undefined).map(misnamed),
    ...overlaps(parsed),
  ];
  for (const driver of new Set(parsed.map((name) => name.driver)))
    findings.push(
      ...(await auditDriver(
        driver,
        parsed.filter((name) => name.driver === driver),
        directory,
        flags.kernelSources,
        tools,
      )),
    );
  return showFindings(names, findings);
}

async function auditDriver(
  driver: string,
  names: readonly PatchName[],
  directory: string,
  trees: readonly string[],
  tools: Pick<Tools, 'files'>,
): Promise<Finding[]> {
  const { files } = tools;
  const folder = await manifestFolder(driver, files);
  const manifest = await loadManifest(folder, files).catch(() => undefined);
  if (manifest === undefined)
    return names.map(({ file }) => ({
      patch: file,
      kind: 'no-rules',
      what: `no valid manifest in drivers/ is for ${driver}: the patch cannot be made again`,
    }));
  const findings: Finding[] = [];
  const kernels: Kernel[] = [];
  const used = new Set<string>();
  for (const tree of trees) {
    const source = await readDriverSource(tree, manifest, tools.files);
    kernels.push({ version: source.version, sources: tree });
    const inRange = names.filter(({ from, to }) => from <= source.version.code && source.version.code < to);
    const plan = planPort(manifest, source.files);
    const byPath = new Map([...source.files].map(([name, text]) => [pathInPatch(manifest, name), text]));
    for (const { file } of inRange) {
      const patch = (await tools.files.read(path.join(directory, file))) ?? '';
      const fit = checkFit(patch, (name) => byPath.get(name));
      if (!fit.fits) {
        findings.push({
          patch: file,
          kind: 'dead',
          what: `does not fit Linux ${source.version.dotted}: ${describeRejected(fit.rejected)}`,
        });
        continue;
      }
      used.add(file);
      const after = plan.files;
      if (
        plan.refusals.length > 0 ||
        !patchGives(manifest, patch, { version: source.version, before: source.files, after })
      )
        findings.push({
          patch: file,
          kind: 'differs-from-rules',
          what: `gives another result on Linux ${source.version.dotted} than the rules: make it again`,
        });
    }
  }
  for (const { file, from, to } of names) {
    const tried = kernels.some(({ version }) => from <= version.code && version.code < to);
    if (kernels.length > 0 && !tried && !used.has(file))
      findings.push({ patch: file, kind: 'dead', what: 'none of the given kernels is in its range' });
  }
  return findings;
}
