import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { packageRoot } from '../../../src/core/paths.js';
import { type Manifest, parseManifest } from '../../../src/facts/drivers/manifest.js';

const text = readFileSync(path.join(packageRoot, 'drivers/realtek/manifest.json'), 'utf8');

/** What a manifest says becomes paths that are copied, make variables and words of shell commands. */
const hostile: [string, Partial<Manifest>][] = [
  ['path', { path: '../../etc' }],
  ['path', { path: '/etc' }],
  ['path', { path: 'drivers/net/$(touch pwned)' }],
  ['path', { path: 'drivers/net/a b' }],
  ['path', { path: 'drivers/net\nrealtek@src := touch pwned' }],
  ['name', { name: '../realtek' }],
  ['name', { name: '..' }],
  ['name', { name: 'a/b' }],
  ['name', { name: "a';touch pwned;'" }],
  ['keyFile', { keyFile: '../../../etc/passwd' }],
  ['module', { module: '../../evil' }],
  ['module', { module: '$(shell touch pwned)' }],
  ['module', { module: '-rf' }],
  ['kconfig', { kconfig: 'CONFIG_X=m;touch' }],
  ['bridge', { bridge: { headers: ['../../../etc/passwd'] } }],
  ['files', { files: ['../x.c'] }],
];
for (const [member, change] of hostile) {
  test(`a manifest with ${JSON.stringify(change)} is refused, naming ${member}`, () => {
    const changed = JSON.stringify({ ...(JSON.parse(text) as object), ...change });
    assert.throws(
      () => parseManifest(changed, 'm.json'),
      (error: unknown) =>
        error instanceof NetmapError &&
        error.code === 'manifest-invalid' &&
        (error.problem.why ?? '').split('\n').some((line) => line.startsWith(member)),
    );
  });
}

test('the manifest it was made from is accepted', () => {
  assert.equal(parseManifest(text, 'm.json').name, 'realtek');
});
