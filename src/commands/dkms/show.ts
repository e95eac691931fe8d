import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import type { DkmsPlan } from '../../machine/dkms/dkms.js';
import type { DkmsTree } from '../../machine/dkms/tree.js';

const status = exitCodes.ok;

/** Without a list nothing was removed: it is a plan. */
export function showRemoved(removed: readonly string[] | undefined): Result {
  const text =
    removed === undefined
      ? 'would remove every netmap package of dkms\n'
      : `removed: ${removed.join(' ') || 'there was none'}\n`;
  return { status, json: { dryRun: removed === undefined, removed: removed ?? [] }, text };
}

export function showTree(directory: string, tree: DkmsTree, version: string, dryRun: boolean): Result {
  return {
    status,
    json: { dryRun, tree: directory, drivers: tree.drivers },
    text: `${directory}: dkms add netmap/${version} registers it\n`,
  };
}

export function showInstalled(plan: DkmsPlan, dryRun: boolean): Result {
  const kernels = plan.kernels.join(' ') || 'no kernel: none has headers';
  const text = `${dryRun ? 'would install' : 'installed'} netmap/${plan.version} for ${kernels}\n`;
  return { status, json: { dryRun, ...plan }, text };
}
