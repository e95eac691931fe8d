import path from 'node:path';
import type { CliContext } from '../core/context.js';
import { defined } from '../core/defined.js';
import type { Files } from '../core/files.js';
import type { ConfigureOptions } from '../core/options/options.js';
import { cacheDirectory, packageRoot } from '../core/paths.js';
import { archiveFolders, type Fetching } from '../facts/external/fetch.js';
import { ARCHIVE_FOLDER } from '../facts/external/store.js';
import { checkPath } from './paths.js';

interface FetchingRun {
  readonly options: ConfigureOptions;
  readonly context: CliContext;
  readonly files: Files;
  readonly buildDir: string;
}

/** How this run gets archives. */
export function fetchingOf({ options, context, files, buildDir }: FetchingRun): Fetching {
  const cache = path.join(cacheDirectory(context.env), ARCHIVE_FOLDER);
  // Unpacked sources are copied by commands that make runs.
  checkPath('cache folder', cache);
  const folders = archiveFolders(options.extDriversDir, buildDir, packageRoot);
  return {
    store: { folders, cache, files, signal: context.signal },
    mirrors: options.mirrors,
    offline: options.offline,
    env: context.env,
    signal: context.signal,
    userFolder: defined(folders[0]),
  };
}
