import os from 'node:os';
import path from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { exitCodes, NetmapError } from '../../core/errors.js';
import { withFolder } from '../../core/files.js';
import type { Tools } from '../../core/tools.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import { type KernelVersion, kernelVersion } from '../../facts/kernel-tree/version.js';
import { checkFit, describeRejected } from '../../facts/patches/fit.js';

type Texts = ReadonlyMap<string, string>;

/** Path of a driver's file inside a patch: below the folder that holds the driver's copy. */
export function pathInPatch(manifest: Manifest, file: string): string {
  return manifest.kind === 'file' ? file : `${manifest.name}/${file}`;
}

/** A unified diff for `patch -p1`, from the pristine to the ported files. */
export function makePatch(manifest: Manifest, before: Texts, after: Texts): string {
  return [...after]
    .map(([name, text]) => {
      const file = pathInPatch(manifest, name);
      const patch = createTwoFilesPatch(`a/${file}`, `b/${file}`, before.get(name) ?? '', text, '', '', {
        context: 3,
      });
      // The library writes a rule above and a tab behind the names; patch(1) needs neither.
      return patch.replace(/^=+\n/, '').replace(/^((?:---|\+\+\+) .*)\t$/gm, '$1');
    })
    .join('');
}

/** `vanilla--realtek--60100--60200`: first version covered, and first version not covered. */
export function patchName(manifest: Manifest, from: KernelVersion, to: KernelVersion): string {
  return `vanilla--${manifest.name}--${from.hex}--${to.hex}`;
}

/** The release series of a version, as a range: 6.1.192 gives 6.1 up to, not including, 6.2. */
export function seriesOf({ major, minor }: KernelVersion): { from: KernelVersion; to: KernelVersion } {
  return { from: kernelVersion(major, minor, 0), to: kernelVersion(major, minor + 1, 0) };
}

/**
 * Proves a patch: applied by GNU patch without fuzz to the pristine files it gives exactly the ported files,
 * and every hunk's context is unique.
 *
 * @throws NetmapError `patch-unproven`: a defect of this tool
 */
export async function provePatch(
  manifest: Manifest,
  patch: string,
  before: Texts,
  after: Texts,
  tools: Pick<Tools, 'runner' | 'files'>,
): Promise<void> {
  const expected = new Map([...before, ...after]);
  const inPatch = new Map([...before].map(([name, text]) => [pathInPatch(manifest, name), text]));
  const fit = checkFit(patch, (file) => inPatch.get(file));
  if (!fit.fits) throw unproven(describeRejected(fit.rejected));
  await withFolder(path.join(os.tmpdir(), 'netmap-port-'), tools.files, async (folder) => {
    for (const [file, text] of inPatch) await tools.files.write(path.join(folder, file), text);
    await tools.runner.run({
      file: 'patch',
      args: ['-F0', '-p1', '--force', '--no-backup-if-mismatch', '--quiet'],
      cwd: folder,
      input: patch,
      failure: {
        code: 'patch-unproven',
        what: 'the new patch does not apply to the sources that it was made from',
        exitCode: exitCodes.portRefused,
      },
    });
    for (const [name, text] of expected) {
      const result = await tools.files.read(path.join(folder, pathInPatch(manifest, name)));
      if (result !== text) throw unproven(`applied, it gives another ${name} than was planned`);
    }
  });
}

function unproven(why: string): NetmapError {
  return new NetmapError({
    code: 'patch-unproven',
    what: 'the new patch does not reproduce the port',
    why,
    mend: 'report it with the kernel version: nothing was written',
    exitCode: exitCodes.portRefused,
  });
}
