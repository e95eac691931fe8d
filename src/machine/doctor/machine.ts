import { toProblem } from '../../core/errors.js';
import { headersCommand, parseDistribution } from '../../facts/kernel-tree/distribution.js';
import { describeKernel } from '../../facts/kernel-tree/tree.js';
import { type Check, type Host, ok, output } from './check.js';
import { deviceCheck, signatureCheck, vermagicCheck } from './modules.js';

const GOVERNOR = '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor';
/** What netmap's default memory takes: 163840 buffers of 2 KiB, and rings. */
const MEMORY_MB = 400;

const kernelOf = (host: Host) => describeKernel({ runningRelease: host.release }, host.files);

async function distributionOf({ files }: Host) {
  return parseDistribution((await files.read('/etc/os-release')) ?? '');
}

export const machineChecks: readonly Check[] = [
  {
    id: 'headers',
    title: 'kernel headers',
    each: 'machine',
    async run(host) {
      try {
        const { buildDir } = await kernelOf(host);
        return ok(buildDir);
      } catch (error) {
        const { what, why, mend } = toProblem(error);
        const install = headersCommand(await distributionOf(host), host.release)?.split(' ');
        const known = toProblem(error).code === 'kernel-dir-missing' && install !== undefined;
        return {
          level: 'problem',
          says: `${what}: ${why ?? ''}`,
          ...(known ? { fix: install } : { mend: mend ?? 'install the headers of this kernel' }),
        };
      }
    },
  },
  {
    id: 'sources',
    title: 'kernel sources for native drivers',
    each: 'machine',
    async run(host) {
      const kernel = await kernelOf(host).catch(() => undefined);
      if (kernel === undefined) return { level: 'advice', says: 'not known before the headers are there' };
      const { sources } = kernel;
      if (sources.state === 'found') return ok(sources.dir);
      if (sources.state === 'missing' && sources.packed) return ok(`${sources.packed} (packed)`);
      const why = sources.state === 'missing' ? sources.why : `Linux ${sources.version.dotted}`;
      return { level: 'advice', says: why, mend: 'netmap-configure --fetch obtains them without root' };
    },
  },
  {
    id: 'symvers',
    title: 'Module.symvers',
    each: 'machine',
    async run(host) {
      const kernel = await kernelOf(host).catch(() => undefined);
      if (kernel === undefined) return { level: 'advice', says: 'not known before the headers are there' };
      if (kernel.symversPath !== undefined) return ok(kernel.symversPath);
      return {
        level: 'problem',
        says: `${kernel.buildDir} has none: modules may be refused`,
        mend: 'install the complete headers package',
      };
    },
  },
  {
    id: 'compiler',
    title: 'compiler of the kernel',
    each: 'machine',
    async run(host) {
      const built = (await kernelOf(host).catch(() => undefined))?.compiler;
      const [ours] = (await output(host, 'gcc', '--version')).split('\n');
      if (built === undefined)
        return { level: 'advice', says: `${ours || 'no gcc'}; the kernel does not say` };
      if (!ours)
        return { level: 'problem', says: `no gcc; the kernel was built with ${built}`, mend: 'install it' };
      const version = (text: string) => / (\d+)\.\d+\.\d+/.exec(text)?.[1];
      if (version(ours) === version(built)) return ok(ours);
      return {
        level: 'advice',
        says: `gcc is ${ours}, the kernel was built with ${built}`,
        mend: `configure with --kernel-opts=CC=gcc-${version(built) ?? 'VERSION'}`,
      };
    },
  },
  vermagicCheck,
  signatureCheck,
  {
    id: 'memory',
    title: 'memory for buffers',
    each: 'machine',
    async run({ files }) {
      const text = (await files.read('/proc/meminfo')) ?? '';
      const free = Math.floor(Number(/^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024);
      if (free >= MEMORY_MB) return ok(`${free} MB available`);
      return {
        level: 'problem',
        says: `${free} MB available, netmap's default pool takes up to ${MEMORY_MB}`,
        mend: 'end programs, or load netmap.ko with a smaller buf_num',
      };
    },
  },
  {
    id: 'governor',
    title: 'CPU frequency governor',
    each: 'machine',
    async run({ files }) {
      const governor = (await files.read(GOVERNOR))?.trim();
      if (governor === undefined || governor === 'performance')
        return ok(governor ?? 'no frequency scaling here');
      const set = (value: string) => [
        'sh',
        '-c',
        `for f in /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor; do echo ${value} > $f; done`,
      ];
      return {
        level: 'advice',
        says: `${governor}: rates vary with the load`,
        fix: set('performance'),
        undo: set(governor.replaceAll(/\W/g, '')),
      };
    },
  },
  deviceCheck,
];
