import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** A temporary directory with these files, removed after the test. Programs (`#!`) are made executable. */
export function makeTree(t: TestContext, contents: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(os.tmpdir(), 'netmap-test-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  addFiles(root, contents);
  return root;
}

export function addFiles(root: string, contents: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(contents)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    if (text.startsWith('#!')) chmodSync(file, 0o755);
  }
}

/** What a prepared kernel build directory has, as far as it is looked at without building. */
export function kernelHeaders(
  code: number,
  sublevel: number,
  config = 'CONFIG_R8169=m\n',
): Record<string, string> {
  return {
    Makefile: '# headers\n',
    '.config': config,
    'include/generated/uapi/linux/version.h': `#define LINUX_VERSION_CODE ${code}\n#define LINUX_VERSION_SUBLEVEL ${sublevel}\n`,
    'include/generated/utsrelease.h': '#define UTS_RELEASE "6.12.95-test"\n',
    'include/generated/autoconf.h': '',
    'include/config/auto.conf': config,
    'scripts/basic/fixdep': '#!/bin/sh\n',
    'scripts/mod/modpost': '#!/bin/sh\n',
    'Module.symvers': '0x12345678\tsplit_page\tvmlinux\tEXPORT_SYMBOL\t\n',
  };
}

/** Full kernel sources of a version, with a realtek driver. */
export function kernelSources(
  version: readonly [number, number, number],
  driver: string,
): Record<string, string> {
  const [major, minor, patch] = version;
  return {
    Makefile: `VERSION = ${major}\nPATCHLEVEL = ${minor}\nSUBLEVEL = ${patch}\nEXTRAVERSION =\n`,
    'drivers/net/loopback.c': '/* loopback */\n',
    'drivers/net/ethernet/realtek/r8169_main.c': driver,
    'drivers/net/ethernet/realtek/Makefile': 'obj-$(CONFIG_R8169) += r8169.o\nr8169-y := r8169_main.o\n',
  };
}
