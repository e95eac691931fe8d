/* build-foreign.js FOLDER: builds the module of FOLDER for the newest kernel of the cache. A program of its own, for tests. */
import { realFiles } from '../../src/core/files.js';
import { createRunner } from '../../src/core/runner.js';
import { obtainBuildRoot, runnerForKernel } from '../../src/lab/vm/build-root.js';
import { obtainKernel } from '../../src/lab/vm/debian-kernel.js';

const deps = { runner: createRunner(), files: realFiles };
const kernel = await obtainKernel('7.3', deps);
await obtainBuildRoot(kernel, deps);
const runner = await runnerForKernel(kernel.buildDir, deps);
await runner.run({ file: 'make', args: ['-C', kernel.buildDir, `M=${process.argv[2]}`, 'modules'] });
