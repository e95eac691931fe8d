import os from 'node:os';
import path from 'node:path';
import type { ConfigureInput } from '../../core/options/input.js';
import type { UninstallRequest } from '../../machine/install/uninstall.js';

/** Where an installation is looked for. */
export function uninstallRequest({ flags, options, context }: ConfigureInput): UninstallRequest {
  const absolute = (place: string) => (place === '' ? '' : path.resolve(context.cwd, place));
  return {
    prefix: options.prefix,
    destdir: absolute(options.destdir),
    installModPath: absolute(options.installModPath),
    force: flags.force,
    runningRelease: os.release(),
  };
}
