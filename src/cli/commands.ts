import type { Command } from 'commander';
import { completionCommand } from './completion-command.js';
import type { CliContext } from './context.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor-command.js';
import { loadCommands } from './load-commands.js';
import { manCommand } from './man-command.js';

/**
 * Adds a subcommand to the program. Its action imports its code when it runs, so that help stays fast, and
 * sets `process.exitCode` or throws a NetmapError.
 */
export type Subcommand = (program: Command, context: CliContext) => void;

/** Every subcommand beside the configure run itself. */
export const subcommands: readonly Subcommand[] = [
  doctorCommand,
  loadCommands,
  demoCommand,
  completionCommand,
  manCommand,
];
