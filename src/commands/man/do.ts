import { exitCodes } from '../../core/errors.js';
import { configureProgram } from '../../core/options/configure-program.js';
import type { ConfigureInput, PortInput } from '../../core/options/input.js';
import { portProgram } from '../../core/options/port-program.js';
import type { Result } from '../../core/options/result.js';
import { described } from './plan.js';
import { commandPage, manMarkdown, programPage } from './show.js';

/** `man`: the manual page of the program or of one command. */
export async function run({ words, flags, version }: ConfigureInput): Promise<Result> {
  const command = described(configureProgram, words[0]);
  const page = () =>
    command === undefined
      ? programPage(configureProgram, version)
      : commandPage(configureProgram, command, version);
  const text = flags.markdown ? manMarkdown(configureProgram, command) : page();
  return { status: exitCodes.ok, json: text, text };
}

/** The same for `netmap-port-driver`. */
export async function runForPort({ words, version }: PortInput): Promise<Result> {
  const command = described(portProgram, words[0]);
  const text =
    command === undefined ? programPage(portProgram, version) : commandPage(portProgram, command, version);
  return { status: exitCodes.ok, json: text, text };
}
