import path from 'node:path';
import { defined } from '../../core/defined.js';
import { parseNetmapMak } from '../load/build-folder.js';
import { readModule } from '../load/module-file.js';
import { enrolment, findKey, isEnrolled } from '../sign/keys.js';
import { type Check, type Host, ok, output } from './check.js';

/** What the kernel compares when it loads a module: release, SMP, preemption and so on, in one line. */
async function vermagicOfKernel(host: Host): Promise<string | undefined> {
  const modules = (await host.files.read(`/lib/modules/${host.release}/modules.dep`)) ?? '';
  // A module of the distribution: our own ones are below updates/.
  const stock = modules.split('\n').find((line) => line.startsWith('kernel/'));
  const file = stock?.split(':')[0];
  if (file === undefined) return undefined;
  const text = await output(host, 'modinfo', '-F', 'vermagic', `/lib/modules/${host.release}/${file}`);
  return text.trim() || undefined;
}

/** Modules of the build folder that are there. */
async function builtModules({ files, build }: Host): Promise<string[]> {
  const text = await files.read(path.join(build, 'netmap.mak'));
  if (text === undefined) return [];
  const { core, drivers } = parseNetmapMak(text, build);
  const found: string[] = [];
  for (const { file } of [core, ...drivers]) if (await files.exists(file)) found.push(file);
  return found;
}

export const vermagicCheck: Check = {
  id: 'vermagic',
  title: 'modules of the build folder',
  each: 'machine',
  async run(host) {
    const modules = await builtModules(host);
    if (modules.length === 0) {
      return { level: 'advice', says: `none in ${host.build} yet`, mend: 'configure and make there' };
    }
    const kernel = await vermagicOfKernel(host);
    for (const file of modules) {
      const { vermagic } = await readModule(file, host.files);
      const fits = kernel === undefined ? vermagic.split(' ')[0] === host.release : same(vermagic, kernel);
      if (fits) continue;
      return {
        level: 'problem',
        says: `${file} is for "${vermagic.trim()}", this kernel takes "${kernel ?? host.release}"`,
        mend: `configure and make again: netmap-configure --kernel-version=${host.release}`,
      };
    }
    return ok(`${modules.length} for "${kernel ?? host.release}"`);
  },
};

const same = (one: string, other: string) => one.trim() === other.trim();

export const signatureCheck: Check = {
  id: 'signatures',
  title: 'module signatures',
  each: 'machine',
  async run(host) {
    const { files } = host;
    const enforced = (await files.read('/sys/module/module/parameters/sig_enforce'))?.trim() === 'Y';
    const lockdown = (await files.read('/sys/kernel/security/lockdown').catch(() => '')) ?? '';
    const secure = await secureBoot(host);
    const state = `Secure Boot ${secure === undefined ? 'is not there' : secure ? 'is on' : 'is off'}`;
    if (!enforced && !/\[(integrity|confidentiality)\]/.test(lockdown)) {
      return ok(`unsigned modules load; ${state}`);
    }
    const says = `this kernel refuses unsigned modules; ${state}`;
    const pair = await findKey({ key: '', certificate: '' }, host).catch(() => undefined);
    if (pair === undefined) {
      const mend = 'sudo netmap-configure sign --create-key says what else is to be done';
      return { level: 'problem', says: `${says}; there is no key in the usual places`, mend };
    }
    const enrolled = await isEnrolled(pair.certificate, host).catch(() => undefined);
    if (enrolled === false) {
      const mend = defined(enrolment(pair)[0]);
      return { level: 'problem', says: `${says}; the machine does not trust ${pair.key} yet`, mend };
    }
    const mend = `sign netmap.ko and the drivers with ${pair.key}: sudo netmap-configure sign`;
    return { level: 'problem', says, mend };
  },
};

/** The firmware's variable: four bytes of attributes, then 1 for on. Undefined without UEFI. */
async function secureBoot({ files }: Host): Promise<boolean | undefined> {
  const name = 'SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';
  const value = await files.readBytes(`/sys/firmware/efi/efivars/${name}`).catch(() => undefined);
  return value === undefined ? undefined : value[4] === 1;
}

export const deviceCheck: Check = {
  id: 'device',
  title: '/dev/netmap',
  each: 'machine',
  async run(host) {
    if (!(await host.files.exists('/sys/module/netmap/refcnt'))) {
      return { level: 'advice', says: 'netmap.ko is not loaded', mend: 'netmap-configure load' };
    }
    const mode = (await output(host, 'stat', '-c', '%a %U:%G', '/dev/netmap')).trim();
    if (mode === '') {
      return {
        level: 'problem',
        says: 'netmap.ko is loaded, but there is no /dev/netmap',
        mend: 'look at dmesg, and at /sys/class/misc/netmap',
      };
    }
    const allowed = await host.files.allows('/dev/netmap', 'write');
    if (allowed) return ok(mode);
    return {
      level: 'problem',
      says: `${mode}: this user may not open it`,
      mend: 'run programs as root, or give it to a group: sudo chgrp GROUP /dev/netmap && sudo chmod 660 /dev/netmap',
    };
  },
};
