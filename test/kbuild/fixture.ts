import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { realFiles } from '../../src/core/files.js';
import { packageRoot } from '../../src/core/paths.js';
import { createRunner } from '../../src/core/runner.js';
import type { Tools } from '../../src/core/tools.js';
import { type DebianKernel, obtainKernel } from '../../src/lab/vm/debian-kernel.js';
import type { KernelSeries } from '../../src/lab/vm/kernel-packages.js';
import { addFiles, makeTree } from '../support/tree.js';

export interface Outcome {
  readonly status: number;
  readonly output: string;
}

/** Runs a program to its end without input; its output is stdout and stderr together. */
export function run(
  cwd: string,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Outcome {
  const result = spawnSync(file, [...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', MAKEFLAGS: '', ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status: result.status ?? -1, output: `${result.stdout}${result.stderr}` };
}

export function deps(): Tools {
  return { runner: createRunner(), files: realFiles };
}

export function kernel(series: KernelSeries): Promise<DebianKernel> {
  return obtainKernel(series, deps());
}

const CORE = `#include <linux/module.h>
#include <linux/netdevice.h>
#include "netmap_linux_config.h"
int nm_fixture_hook(int value);
static noinline int nm_fixture_same(int value)
{
	return value + 1;
}
int nm_fixture_hook(int value)
{
	return nm_fixture_same(value);
}
EXPORT_SYMBOL(nm_fixture_hook);
MODULE_DESCRIPTION("fixture core");
MODULE_LICENSE("GPL");
`;

/** A room of another unit, with a static name that the core has too. */
const SINK = `int nm_fixture_sink(int value);
static int nm_fixture_same(int value)
{
	return value + 2;
}
int nm_fixture_sink(int value)
{
	return nm_fixture_same(value);
}
`;

/** A package with the real tool and templates, but a core module and patches of a few lines. */
export function fixturePackage(t: TestContext, contents: Record<string, string> = {}): string {
  const root = makeTree(t, {
    'kernel/objects.mak':
      'netmap-units := core ports\nnetmap-core := core/main\nnetmap-ports := $(if $(filter y,$(CONFIG_NETMAP_SINK)),ports/sink/sink)\n',
    'kernel/core/main.c': CORE,
    'kernel/ports/sink/sink.c': SINK,
    'libnetmap/GNUmakefile': 'all install clean:\n\t@echo libnetmap $@\n',
    'apps/pkt-gen/GNUmakefile': 'all install clean:\n\t@echo pkt-gen $@ $(SRCDIR) $(BUILDDIR)\n',
    'final-patches/vanilla--realtek--50a00--99999': patchFor('realtek/r8169_main.c'),
    'final-patches/vanilla--veth.c--50a00--99999': patchFor('veth.c'),
    ...contents,
  });
  for (const part of ['bin', 'configure', 'GNUmakefile', 'templates', 'package.json']) {
    cpSync(path.join(packageRoot, part), path.join(root, part), { recursive: true });
  }
  mkdirSync(path.join(root, 'dist'));
  cpSync(path.join(packageRoot, 'dist/src'), path.join(root, 'dist/src'), { recursive: true });
  symlinkSync(path.join(packageRoot, 'node_modules'), path.join(root, 'node_modules'));
  return root;
}

/** Adds the hook to a file made by \`driverSource\`. */
export function patchFor(file: string, hook = 'nm_fixture_hook(1)'): string {
  return `--- a/${file}
+++ b/${file}
@@ -1,5 +1,7 @@
 #include <linux/module.h>
+int nm_fixture_hook(int value);
 static int __init drv_init(void)
 {
+	${hook};
 	return 0;
 }
`;
}

const driverSource = (name: string) => `#include <linux/module.h>
static int __init drv_init(void)
{
	return 0;
}
module_init(drv_init);
MODULE_DESCRIPTION("fixture ${name}");
MODULE_LICENSE("GPL");
`;

/** Sources of this kernel's version: a folder with two modules, and a driver that is a file. */
export function fixtureSources(t: TestContext, release: string): string {
  const [major, minor, patch] = release.split(/[.+-]/);
  const realtek = 'drivers/net/ethernet/realtek';
  return makeTree(t, {
    Makefile: `VERSION = ${major}\nPATCHLEVEL = ${minor}\nSUBLEVEL = ${patch}\n`,
    'drivers/net/loopback.c': '',
    'drivers/net/veth.c': driverSource('veth'),
    [`${realtek}/r8169_main.c`]: driverSource('r8169'),
    [`${realtek}/r8169_extra.c`]: 'int nm_fixture_extra;\n',
    [`${realtek}/8139too.c`]: '#error this module must not be built\n',
    [`${realtek}/Makefile`]:
      'obj-$(CONFIG_8139TOO) += 8139too.o\nr8169-y += r8169_main.o r8169_extra.o\nobj-$(CONFIG_R8169) += r8169.o\n',
  });
}

/** A configured build folder of the fixture; `args` come after the kernel's. */
export async function configured(
  t: TestContext,
  args: readonly string[],
  contents: Record<string, string> = {},
): Promise<{
  build: string;
  pkg: string;
  sources: string;
  status: number;
  output: string;
  kernel: DebianKernel;
}> {
  const debian = await kernel('6.12');
  const pkg = fixturePackage(t, contents);
  const sources = fixtureSources(t, debian.release);
  const build = makeTree(t, {});
  const all = [`--kernel-dir=${debian.buildDir}`, `--kernel-sources=${sources}`, '--no-ext-drivers', ...args];
  const result = run(build, path.join(pkg, 'bin/netmap-configure.js'), all);
  return { build, pkg, sources, kernel: debian, ...result };
}

export { addFiles };
