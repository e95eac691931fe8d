import { NetmapError } from '../../core/errors.js';

/** One configured package index, of what `apt-get indextargets` prints. */
export interface IndexTarget {
  /** Base address of the repository, with a trailing slash. */
  readonly repoUri: string;
  /** Suite as configured, e.g. `bookworm-security`. */
  readonly release: string;
  readonly component: string;
  /** Of the Release file; empty when the lists were never fetched. */
  readonly origin: string;
}

const CODENAMES = 'bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable';
const DEBIAN_SUITE = new RegExp(`^(?:${CODENAMES})(?:-(?:updates|backports|security|proposed-updates))?$`);

/** Parses the stanzas of `apt-get indextargets`. Unknown fields are ignored. */
export function parseIndexTargets(text: string): IndexTarget[] {
  return text
    .split(/\n\s*\n/)
    .map((stanza) => new Map([...stanza.matchAll(/^([A-Za-z-]+): ?(.*)$/gm)].map((m) => [m[1], m[2] ?? ''])))
    .filter((fields) => fields.get('Created-By') === 'Packages')
    .map((fields) => ({
      repoUri: fields.get('Repo-URI') ?? '',
      release: fields.get('Release') ?? '',
      component: fields.get('Component') ?? '',
      origin: fields.get('Origin') ?? '',
    }));
}

/** Address of the archive and of the security archive of the host's Debian mirror. */
export interface DebianMirror {
  readonly archive: string;
  readonly security: string;
}

/**
 * Finds the host's Debian mirror among its configured sources, so that no host name stands in this project.
 * A mirror without a security entry is taken to carry it beside the archive, as Debian's own layout does.
 *
 * @throws NetmapError `no-debian-mirror` when apt has no Debian source (another distribution, no sources).
 */
export function debianMirror(targets: readonly IndexTarget[]): DebianMirror {
  const debian = targets.filter(
    (target) => (target.origin === '' || target.origin === 'Debian') && DEBIAN_SUITE.test(target.release),
  );
  const archive = debian.find((target) => !target.release.endsWith('-security'))?.repoUri;
  if (archive === undefined) {
    throw new NetmapError({
      code: 'no-debian-mirror',
      what: 'cannot tell where to fetch Debian packages from',
      why: 'none of the package sources configured for apt is a Debian archive',
      mend: 'add a Debian mirror to /etc/apt/sources.list.d and run: apt-get update',
      exitCode: 4,
    });
  }
  const security = debian.find((target) => target.release.endsWith('-security'))?.repoUri;
  return { archive, security: security ?? archive.replace(/\/debian\/$/, '/debian-security/') };
}

/**
 * A deb822 source list for `suites` on the mirror; suites named `*-security` come from its security archive.
 * `keyring` is the file with Debian's archive keys.
 */
export function sourcesFor(
  mirror: DebianMirror,
  suites: readonly string[],
  keyring: string,
  types = 'deb deb-src',
): string {
  return suites
    .map((suite) =>
      [
        `Types: ${types}`,
        `URIs: ${suite.endsWith('-security') ? mirror.security : mirror.archive}`,
        `Suites: ${suite}`,
        'Components: main',
        `Signed-By: ${keyring}`,
      ].join('\n'),
    )
    .join('\n\n')
    .concat('\n');
}

/**
 * apt configuration of a private package world under `directory`: own lists, cache and sources. Of the host's
 * settings only `Acquire::*` (proxies, retries) are kept, given as `apt-config dump`; its hooks, pins and
 * sources are not read.
 */
export function privateAptConf(directory: string, hostDump: string): string {
  return [
    ...acquireSettings(hostDump),
    `Dir::State::Lists "${directory}/lists";`,
    `Dir::Cache "${directory}/cache";`,
    'Dir::Etc::SourceList "/dev/null";',
    `Dir::Etc::SourceParts "${directory}/sources.d";`,
    'Dir::Etc::Main "/dev/null";',
    `Dir::Etc::Parts "${directory}/conf.d";`,
    'Dir::Etc::Preferences "/dev/null";',
    `Dir::Etc::PreferencesParts "${directory}/conf.d";`,
    // The cache of a user is not readable by apt's download user; signatures are checked either way.
    'APT::Sandbox::User "root";',
    // Without it `apt-get update` succeeds with a warning when nothing can be fetched.
    'APT::Update::Error-Mode "any";',
    '',
  ].join('\n');
}

/** The host's settings about fetching (proxies, retries) as lines of an apt configuration. */
export function acquireSettings(hostDump: string): string[] {
  const acquire = hostDump
    .split('\n')
    .filter((line) => /^Acquire::/.test(line) && !line.startsWith('Acquire::IndexTargets'))
    // Lists (names ending in ::) would be added to apt's built-in ones a second time.
    .filter((line) => !/::\s+"/.test(line) && !/ "";$/.test(line));
  return [...acquire, 'Acquire::Languages "none";'];
}
