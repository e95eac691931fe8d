import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import {
  installCommand,
  missingPrerequisites,
  requirePrerequisites,
  vmPrerequisites,
} from '../../../src/lab/vm/prerequisites.js';

/** A host that has every file but those of some packages. */
function hostWithout(...packages: string[]) {
  const gone = vmPrerequisites
    .filter((item) => packages.includes(item.package))
    .flatMap((item) => item.files);
  return { files: { ...realFiles, exists: async (file: string) => !gone.includes(file) } };
}

test('what is missing is told with one command', async () => {
  const host = hostWithout('ethtool', 'qemu-system-x86');
  const missing = await missingPrerequisites(host);
  assert.equal(
    installCommand(missing),
    'apt-get install --yes --no-install-recommends qemu-system-x86 ethtool',
  );
  await assert.rejects(
    requirePrerequisites(host),
    (error: unknown) =>
      error instanceof NetmapError &&
      error.code === 'vm-prerequisites' &&
      error.problem.mend === installCommand(missing),
  );
});

test('nothing is missing when one of the places of each package is there', async () => {
  const first = vmPrerequisites.map((item) => item.files[0]);
  const host = { files: { ...realFiles, exists: async (file: string) => first.includes(file) } };
  assert.deepEqual(await missingPrerequisites(host), []);
  await requirePrerequisites(host);
});
