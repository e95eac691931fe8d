import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import {
  renderUninstall,
  type UninstallPlan,
  type UninstallResult,
} from '../../machine/install/uninstall.js';

/** Without a result it is a plan; status 1 when changed files were kept. */
export function showUninstalled(plan: UninstallPlan, result: UninstallResult | undefined): Result {
  const kept = result === undefined ? 0 : result.kept.length;
  return {
    status: kept > 0 ? exitCodes.failure : exitCodes.ok,
    json: { dryRun: result === undefined, ...plan, ...result },
    text: renderUninstall(plan, result),
  };
}
