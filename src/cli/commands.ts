import type { Command } from 'commander';
import { completionCommand } from '../commands/completion/completion-command.js';
import { demoCommand } from '../commands/demo/demo.js';
import { dkmsCommand } from '../commands/dkms/dkms-command.js';
import { doctorCommand } from '../commands/doctor/doctor-command.js';
import { fetchCommand } from '../commands/fetch/fetch-command.js';
import { loadCommands } from '../commands/load/load-commands.js';
import { manCommand } from '../commands/man/man-command.js';
import { signCommand } from '../commands/sign/sign-command.js';
import { uninstallCommand } from '../commands/uninstall/uninstall-command.js';
import type { CliContext } from '../core/context.js';
import type { EffectiveOptions } from '../core/options/step.js';

/**
 * Adds a subcommand to the program. Its action imports its code when it runs, so that help stays fast, and
 * sets `process.exitCode` or throws a NetmapError.
 */
export type Subcommand = (program: Command, context: CliContext, options: EffectiveOptions) => void;

/** Every subcommand beside the configure run itself. */
export const subcommands: readonly Subcommand[] = [
  doctorCommand,
  fetchCommand,
  loadCommands,
  signCommand,
  uninstallCommand,
  dkmsCommand,
  demoCommand,
  completionCommand,
  manCommand,
];
