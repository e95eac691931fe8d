import path from 'node:path';
import { exitCodes } from '../../core/errors.js';
import { configureProgram } from '../../core/options/configure-program.js';
import type { ConfigureInput, PortInput } from '../../core/options/input.js';
import { portProgram } from '../../core/options/port-program.js';
import type { Result } from '../../core/options/result.js';
import { described } from './plan.js';
import { allPages, commandPage, manMarkdown, programPage } from './show.js';

/** `man`: the manual page of the program or of one command, or all pages into a folder. */
export async function run({ words, flags, version, context, tools }: ConfigureInput): Promise<Result> {
  if (flags.into !== undefined) {
    const folder = path.resolve(context.cwd, flags.into);
    const pages = [...allPages(configureProgram, version), ...allPages(portProgram, version)];
    for (const { file, text } of pages) await tools.files.write(path.join(folder, file), text);
    const names = pages.map(({ file }) => file);
    return {
      status: exitCodes.ok,
      json: { folder, pages: names },
      text: `wrote ${names.length} pages below ${folder}\n`,
    };
  }
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
