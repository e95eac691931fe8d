import type { PortRun, Run } from '../core/options/input.js';

/** Where a command is; it is imported when it runs, so that help stays fast. */
type Command<R> = () => Promise<{ readonly run: R }>;

/** What runs the rows of `configureProgram`. */
export const configureCommands: ReadonlyMap<string, Command<Run>> = new Map<string, Command<Run>>([
  ['configure', () => import('../commands/configure/do.js')],
  ['config', () => import('../commands/config/do.js')],
  ['doctor', () => import('../commands/doctor/do.js')],
  ['fetch', () => import('../commands/fetch/do.js')],
  ['load', () => import('../commands/load/do.js')],
  ['unload', () => import('../commands/unload/do.js')],
  ['status', () => import('../commands/status/do.js')],
  ['sign', () => import('../commands/sign/do.js')],
  ['uninstall', () => import('../commands/uninstall/do.js')],
  ['dkms', () => import('../commands/dkms/do.js')],
  ['demo', () => import('../commands/demo/do.js')],
  ['completion', () => import('../commands/completion/do.js')],
  ['man', () => import('../commands/man/do.js')],
]);

/** What runs the rows of `portProgram`. */
export const portCommands: ReadonlyMap<string, Command<PortRun>> = new Map<string, Command<PortRun>>([
  ['port', () => import('../commands/port/do.js')],
  ['learn', () => import('../commands/learn/do.js')],
  ['new', () => import('../commands/new/do.js')],
  ['audit', () => import('../commands/audit/do.js')],
  ['schema', () => import('../commands/schema/do.js')],
  ['completion', async () => ({ run: (await import('../commands/completion/do.js')).runForPort })],
  ['man', async () => ({ run: (await import('../commands/man/do.js')).runForPort })],
]);
