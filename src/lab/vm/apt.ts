import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import { cacheDirectory } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import {
  acquireSettings,
  debianMirror,
  parseIndexTargets,
  privateAptConf,
  sourcesFor,
} from './apt-sources.js';

const KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
];

const FETCH_MEND = 'check the network and the package sources (apt-get update), then run again';

/** A private package world: the commands below never read or change the host's lists, pins or hooks. */
export interface Apt {
  /** Output of `apt-cache <args>`. */
  cache(args: readonly string[]): Promise<string>;
  /** Runs `apt-get <args>` in `directory`. */
  get(args: readonly string[], directory: string): Promise<void>;
  /** Drops its caches, which are larger than the lists; the next use makes them again. */
  tidy(): Promise<void>;
}

/**
 * Sets up (or refreshes) the private package world `name` with the given suites of the host's Debian mirror and
 * fetches their lists: a few seconds, on the network.
 *
 * @throws NetmapError `no-debian-mirror`, `keyring-missing`, `fetch-failed`
 */
export async function openApt(name: string, suites: readonly string[], deps: Tools): Promise<Apt> {
  const directory = path.join(cacheDirectory(), 'apt', name);
  for (const part of ['lists/partial', 'cache/archives/partial', 'sources.d', 'conf.d']) {
    await deps.files.makeDirectory(path.join(directory, part));
  }
  const config = path.join(directory, 'apt.conf');
  const dump = await deps.runner.run({ file: 'apt-config', args: ['dump', 'Acquire'] });
  await deps.files.write(config, privateAptConf(directory, dump.stdout));
  const mirror = debianMirror(await hostTargets(deps));
  await deps.files.write(
    path.join(directory, 'sources.d', 'private.sources'),
    sourcesFor(mirror, suites, await keyring(deps)),
  );
  const apt = aptAt(config, directory, deps);
  deps.progress?.(`fetching package lists of ${suites.join(', ')}`);
  await apt.get(['update'], directory);
  return apt;
}

/**
 * What another tool needs to fetch binary packages of `suites` just as `openApt` does: a deb822 source list, and
 * lines of apt configuration.
 *
 * @throws NetmapError `no-debian-mirror`, `keyring-missing`
 */
export async function describeSources(
  suites: readonly string[],
  deps: Tools,
): Promise<{ readonly sources: string; readonly settings: string }> {
  const dump = await deps.runner.run({ file: 'apt-config', args: ['dump', 'Acquire'] });
  const mirror = debianMirror(await hostTargets(deps));
  return {
    sources: sourcesFor(mirror, suites, await keyring(deps), 'deb'),
    settings: `${acquireSettings(dump.stdout).join('\n')}\n`,
  };
}

function aptAt(config: string, directory: string, deps: Tools): Apt {
  const env = { APT_CONFIG: config, LC_ALL: 'C' };
  return {
    tidy: () => deps.files.remove(path.join(directory, 'cache')),
    async cache(args) {
      return (await deps.runner.run({ file: 'apt-cache', args, env })).stdout;
    },
    async get(args, cwd) {
      await deps.files.makeDirectory(cwd);
      await deps.runner.run({
        file: 'apt-get',
        args: ['-q', ...args],
        env,
        cwd,
        logFile: path.join(directory, 'apt.log'),
        failure: {
          code: 'fetch-failed',
          what: `cannot fetch from the Debian archive: apt-get ${args.join(' ')}`,
          mend: FETCH_MEND,
          exitCode: exitCodes.fetchFailed,
        },
      });
    },
  };
}

/** The host's configured indexes. apt prints none before its lists were fetched once: then fetch them aside. */
async function hostTargets(deps: Tools) {
  const first = await deps.runner.run({ file: 'apt-get', args: ['indextargets'] });
  const targets = parseIndexTargets(first.stdout);
  if (targets.length > 0) return targets;
  const lists = path.join(cacheDirectory(), 'apt', 'host-lists');
  await deps.files.makeDirectory(path.join(lists, 'partial'));
  const options = [
    '-o',
    `Dir::State::Lists=${lists}`,
    '-o',
    'APT::Sandbox::User=root',
    '-o',
    'APT::Update::Error-Mode=any',
  ];
  await deps.runner.run({
    file: 'apt-get',
    args: ['-q', ...options, 'update'],
    failure: {
      code: 'fetch-failed',
      what: 'cannot fetch package lists',
      mend: FETCH_MEND,
      exitCode: exitCodes.fetchFailed,
    },
  });
  return parseIndexTargets(
    (await deps.runner.run({ file: 'apt-get', args: [...options, 'indextargets'] })).stdout,
  );
}

async function keyring(deps: Tools): Promise<string> {
  for (const file of KEYRINGS) if (await deps.files.exists(file)) return file;
  throw new NetmapError({
    code: 'keyring-missing',
    what: 'cannot check signatures of Debian packages',
    why: `none of ${KEYRINGS.join(', ')} is there`,
    mend: 'apt-get install debian-archive-keyring',
    exitCode: exitCodes.fetchFailed,
  });
}
