import type { ConfigureInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { planUninstall, uninstall } from '../../machine/install/uninstall.js';
import { uninstallRequest } from './plan.js';
import { showUninstalled } from './show.js';

/** `uninstall`: takes away what make install put there, by the lists that it wrote. */
export async function run(input: ConfigureInput): Promise<Result> {
  const { tools } = input;
  const request = uninstallRequest(input);
  const plan = await planUninstall(request, tools.files);
  if (input.options.dryRun) return showUninstalled(plan, undefined);
  return showUninstalled(plan, await uninstall(plan, request.force, tools));
}
