import { exitCodes, NetmapError } from '../../core/errors.js';
import type { CommandRow, ProgramRow } from '../../core/options/command.js';

/** The command that a page of its own is asked for. @throws NetmapError `usage` (exit 2) */
export function described<F>(table: ProgramRow<F>, name: string | undefined): CommandRow<F> | undefined {
  const found = table.commands.find((command) => command.name === name);
  if (found !== undefined || name === undefined) return found;
  throw new NetmapError({
    code: 'usage',
    what: `unknown command '${name}'`,
    why: `there are ${table.commands.map((command) => command.name).join(', ')}`,
    mend: 'name one of them',
    exitCode: exitCodes.usage,
  });
}
