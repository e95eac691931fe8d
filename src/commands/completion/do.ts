import { exitCodes } from '../../core/errors.js';
import { configureProgram, shells } from '../../core/options/configure-program.js';
import type { ConfigureInput, PortInput } from '../../core/options/input.js';
import { oneOf } from '../../core/options/option-values.js';
import { portProgram } from '../../core/options/port-program.js';
import type { Result } from '../../core/options/result.js';
import { packageRoot } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import { loadCatalogue } from '../../facts/drivers/catalogue.js';
import { loadUniverse } from '../../facts/drivers/universe.js';
import { wordsOf } from './plan.js';
import { completionScript } from './show.js';

async function names({ files }: Pick<Tools, 'files'>) {
  return loadUniverse(packageRoot, await loadCatalogue(packageRoot, files), files);
}

/** `completion SHELL`: a script for that shell. */
export async function run({ words, tools }: ConfigureInput): Promise<Result> {
  const text = completionScript(shellOf(words), wordsOf(configureProgram, await names(tools)));
  return { status: exitCodes.ok, json: text, text };
}

/** The same for `netmap-port-driver`. */
export async function runForPort({ words, tools }: PortInput): Promise<Result> {
  const text = completionScript(shellOf(words), wordsOf(portProgram, await names(tools)));
  return { status: exitCodes.ok, json: text, text };
}

function shellOf([word = '']: readonly string[]) {
  return oneOf('shell', word, shells);
}
