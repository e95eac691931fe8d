import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { NetmapError } from '../errors.js';
import type { Files } from '../files.js';
import { nearest } from '../terminal/nearest.js';
import { optionTable } from './option-table.js';
import { optionName, type SettingRow } from './row.js';
import type { Step } from './step.js';

/** Name of the configuration file in a build folder. */
export const CONFIG_FILE = 'netmap-configure.json';

/** Files whose settings apply before the command line, weakest first. */
export function configPlaces(cwd: string, env: NodeJS.ProcessEnv): string[] {
  const home = env.XDG_CONFIG_HOME || path.join(env.HOME || os.homedir(), '.config');
  return [
    path.join('/etc', CONFIG_FILE),
    path.join(home, 'netmap-configure', 'config.json'),
    path.join(cwd, CONFIG_FILE),
  ];
}

/** What a file may say about an option follows from the option's form on the command line. */
function valueSchema({ flags }: SettingRow): z.ZodType<string | boolean | string[]> {
  const text = z.string();
  if (/\.\.\./.test(flags) || /<(list|words)>/.test(flags)) return z.union([text, z.array(text)]);
  if (flags.includes('[list]')) return z.union([z.literal(true), text, z.array(text)]);
  return flags.includes('<') ? text : z.boolean();
}

/** Options that print something and stop are of no use in a file. */
const rows = optionTable.filter((row) => !optionName(row).startsWith('show-'));

const schema = z.strictObject(
  Object.fromEntries(rows.map((row) => [optionName(row), valueSchema(row).optional()])),
);

function stepOf(row: SettingRow, value: string | boolean | string[] | undefined, origin: string): Step[] {
  if (value === undefined || value === false) return [];
  const separator = row.flags.includes('<words>') ? ' ' : ',';
  return [{ row, value: value === true ? undefined : [value].flat().join(separator), origin }];
}

/**
 * The settings of one file as steps, in the order of the option table. `{"drivers": ["realtek"], "prefix": "/usr"}`.
 * @throws NetmapError `config-file` (exit 2) naming the setting that is wrong
 */
export function parseConfigFile(text: string, file: string): Step[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw broken(file, (error as Error).message, 'correct it; it is one JSON object, {"option": value}');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) {
    return rows.flatMap((row) => stepOf(row, parsed.data[optionName(row)], file));
  }
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (unknown === undefined) {
    throw broken(file, `${issue?.path.join('.')}: ${issue?.message}`, 'correct the value; see --help');
  }
  const close = nearest(unknown, rows.map(optionName));
  const mend = close === undefined ? 'names are those of --help, without --' : `did you mean "${close}"?`;
  throw broken(file, `unknown setting "${unknown}"`, mend);
}

function broken(file: string, why: string, mend: string): NetmapError {
  return new NetmapError({ code: 'config-file', what: `cannot use ${file}`, why, mend, exitCode: 2 });
}

/** The steps of all files that are there. @throws NetmapError as `parseConfigFile` */
export async function readConfigFiles(
  places: readonly string[],
  files: Pick<Files, 'read'>,
): Promise<Step[]> {
  const steps: Step[] = [];
  for (const file of places) {
    const text = await files.read(file);
    if (text !== undefined) steps.push(...parseConfigFile(text, file));
  }
  return steps;
}
