import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  headersCommand,
  parseDistribution,
  sourcesCommand,
} from '../../../src/facts/kernel-tree/distribution.js';
import { kernelVersion } from '../../../src/facts/kernel-tree/version.js';

const releases: [string, ReturnType<typeof parseDistribution>][] = [
  ['PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n', 'debian'],
  ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', 'ubuntu'],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'ubuntu'],
  ['NAME="Fedora Linux"\nID=fedora\n', 'fedora'],
  ['ID="rhel"\nID_LIKE="fedora"\n', 'fedora'],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'fedora'],
  ['ID=arch\n', 'arch'],
  ['ID=manjaro\nID_LIKE=arch\n', 'arch'],
  ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'suse'],
  ['ID=gentoo\n', 'unknown'],
  ['', 'unknown'],
];
for (const [text, expected] of releases) {
  test(`os-release: ${text.split('\n')[0] || 'nothing'} is ${expected}`, () => {
    assert.equal(parseDistribution(text), expected);
  });
}

const commands: [Parameters<typeof headersCommand>[0], string, RegExp, RegExp][] = [
  [
    'debian',
    '6.12.95+deb12-amd64',
    /^apt-get install linux-headers-6\.12\.95\+deb12-amd64$/,
    /linux-source-6\.12,/,
  ],
  ['ubuntu', '6.11.0-13-generic', /linux-headers-6\.11\.0-13-generic/, /linux-source-6\.12\.0,/],
  [
    'fedora',
    '6.12.9-200.fc41.x86_64',
    /^dnf install kernel-devel-6\.12\.9-200\.fc41\.x86_64$/,
    /kernel-6\.12\.9-200\.fc41\.src\.rpm/,
  ],
  ['arch', '6.12.9-arch1-1', /^pacman -S linux-headers$/, /pkgctl/],
  ['arch', '6.12.9-1-lts', /^pacman -S linux-lts-headers$/, /pkgctl/],
  [
    'suse',
    '6.4.0-150600.21-default',
    /^zypper install kernel-default-devel=6\.4\.0-150600\.21$/,
    /kernel-source=6\.4\.0-150600\.21$/,
  ],
];
for (const [distribution, release, headers, sources] of commands) {
  test(`what to install on ${distribution} for ${release}`, () => {
    assert.match(headersCommand(distribution, release) ?? '', headers);
    assert.match(sourcesCommand(distribution, kernelVersion(6, 12, 95), release) ?? '', sources);
  });
}

test('nothing is invented for a distribution that is not known', () => {
  assert.equal(headersCommand('unknown', '6.1'), undefined);
  assert.equal(sourcesCommand('unknown', kernelVersion(6, 1, 0), '6.1'), undefined);
});
