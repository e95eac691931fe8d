import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import {
  debianMirror,
  parseIndexTargets,
  privateAptConf,
  sourcesFor,
} from '../../../src/lab/vm/apt-sources.js';

function target(uri: string, release: string, origin = 'Debian', by = 'Packages'): string {
  return [
    'MetaKey: main/binary-amd64/Packages',
    `Origin: ${origin}`,
    'Component: main',
    `Created-By: ${by}`,
    `Release: ${release}`,
    `Repo-URI: ${uri}`,
  ].join('\n');
}

const host = [
  target('https://packages.example/apt/', 'nodistro', 'Vendor'),
  target('http://mirror.example/debian/', 'bookworm'),
  target('http://mirror.example/debian/', 'bookworm', 'Debian', 'Translations'),
  target('http://security.example/debian-security/', 'bookworm-security'),
].join('\n\n');

test('the host mirror is found among other sources', () => {
  const targets = parseIndexTargets(host);
  assert.equal(targets.length, 3, 'translations are no package index');
  assert.deepEqual(debianMirror(targets), {
    archive: 'http://mirror.example/debian/',
    security: 'http://security.example/debian-security/',
  });
});

test('without a security source the mirror is taken to carry it beside the archive', () => {
  const targets = parseIndexTargets(target('http://mirror.example/debian/', 'trixie', ''));
  assert.equal(debianMirror(targets).security, 'http://mirror.example/debian-security/');
});

test('a host without Debian sources gets a clear error', () => {
  const targets = parseIndexTargets(target('http://mirror.example/ubuntu/', 'noble', 'Ubuntu'));
  assert.throws(
    () => debianMirror(targets),
    (error: unknown) => error instanceof NetmapError && error.code === 'no-debian-mirror',
  );
});

test('security suites come from the security archive', () => {
  const mirror = { archive: 'http://a/debian/', security: 'http://s/debian-security/' };
  const text = sourcesFor(mirror, ['bullseye', 'bullseye-security'], '/k.gpg');
  assert.deepEqual(
    text.split('\n').filter((line) => /^(URIs|Suites|Signed-By)/.test(line)),
    [
      'URIs: http://a/debian/',
      'Suites: bullseye',
      'Signed-By: /k.gpg',
      'URIs: http://s/debian-security/',
      'Suites: bullseye-security',
      'Signed-By: /k.gpg',
    ],
  );
});

test('of the host configuration only fetch settings are kept', () => {
  const dump = [
    'Acquire "";',
    'Acquire::http::Proxy "http://proxy.example:3128/";',
    'Acquire::Retries "3";',
    'Acquire::IndexTargets::deb::Packages::MetaKey "x";',
    'Acquire::CompressionTypes::Order:: "gz";',
    'APT::Update::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";',
  ].join('\n');
  const conf = privateAptConf('/cache/apt/x', dump);
  assert.match(conf, /Acquire::http::Proxy "http:\/\/proxy\.example:3128\/";/);
  assert.match(conf, /Acquire::Retries "3";/);
  assert.doesNotMatch(conf, /Post-Invoke|IndexTargets|Order::/);
  assert.match(conf, /Dir::State::Lists "\/cache\/apt\/x\/lists";/);
  assert.match(conf, /Dir::Etc::SourceList "\/dev\/null";/);
});
