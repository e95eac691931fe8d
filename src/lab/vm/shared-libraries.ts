import { NetmapError } from '../../core/errors.js';
import type { Tools } from '../../core/tools.js';

/** Library paths in the output of ldd; `undefined` when it names one that is not there. */
export function parseLdd(output: string): string[] | undefined {
  if (/=> not found/.test(output)) return undefined;
  return [...output.matchAll(/(?:=>\s+|^\s*)(\/\S+)\s+\(0x/gm)].map((match) => match[1] ?? '');
}

/** Path of a host program and of the shared libraries (loader included) that it needs; static ones need none. */
export async function programWithLibraries(
  program: string,
  deps: Tools,
): Promise<{ file: string; libraries: string[] }> {
  const found = program.includes('/')
    ? program
    : (
        await deps.runner.run({
          file: 'sh',
          args: ['-c', 'PATH=$PATH:/usr/sbin:/sbin command -v "$1"', 'sh', program],
          allowFailure: true,
        })
      ).stdout.trim();
  if (found === '' || !(await deps.files.exists(found))) {
    throw new NetmapError({
      code: 'program-missing',
      what: `the virtual machine needs the program ${program}`,
      why: 'it is not installed on this host',
      mend: `install the Debian package that provides it: apt-file search bin/${program}`,
    });
  }
  const ldd = await deps.runner.run({ file: 'ldd', args: [found], allowFailure: true });
  const libraries = ldd.exitCode === 0 ? parseLdd(ldd.stdout) : [];
  if (libraries === undefined) {
    throw new NetmapError({
      code: 'library-missing',
      what: `${found} lacks a shared library`,
      why: ldd.stdout,
      mend: 'reinstall the package that provides it',
    });
  }
  return { file: found, libraries };
}
