import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/core/paths.js';
import { buildProgram, LIBNETMAP, type Program, runner } from '../libnetmap/c-program.js';
import { buildApps } from '../vm/user-space.js';

/** The C files of an application, as its makefile has them, and the library's. Paths from the package root. */
export function sourcesOf(app: string): string[] {
  const folder = path.join('apps', app);
  const makefile = readFileSync(path.join(packageRoot, folder, 'GNUmakefile'), 'utf8');
  const common = /^common := (.*)$/m.exec(makefile)?.[1]?.split(' ') ?? [];
  return [
    ...readdirSync(path.join(packageRoot, folder))
      .filter((file) => file.endsWith('.c'))
      .map((file) => path.join(folder, file)),
    ...common.map((file) => path.join('apps/common', file)),
    ...LIBNETMAP,
  ];
}

/** An application with sanitizers, the same that run in virtual machines. */
export async function sanitizedApp(app: string): Promise<Program> {
  return runner((await buildApps('sanitized'))[app] ?? '');
}

/** An application with sanitizers and something of the test linked in. @throws Error with the compiler's messages */
export function buildApp(app: string, extra: readonly string[], flags: readonly string[]): Program {
  return buildProgram([...sourcesOf(app), ...extra], [`apps/${app}`], flags);
}
