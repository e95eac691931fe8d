import { patchName, type Vendor } from './vendors.js';

/** What make needs to know about a driver that is built from its vendor's sources. */
export interface VendorBuild {
  readonly version: string;
  /** Lines of default-config.mak. */
  readonly variables: string;
  /** Its module below the driver's entry, without suffix and .ko. */
  readonly module: string;
  /** The makefile of this version needs intel-fix.sh. */
  readonly fixed: boolean;
}

/** The command that makes the driver's entry in the current folder, out of the unpacked archive. */
export function sourceCommand(vendor: Vendor, version: string, tree: string): string {
  const { driver, below } = vendor;
  const folder = vendor.folder(version);
  if (folder === undefined) return `cp -Rp ${tree} ${driver}`;
  const target = below === '' ? folder : `${folder}/${below}`;
  return `cp -Rp ${tree} ${folder} && ln -sfn ${target} ${driver}`;
}

/** The vendor's own make, told where kernel, netmap's symbols and flags are. */
function makeCommand({ kind, driver }: Vendor, goal: string): string {
  const flags = `$(strip $(${driver}@cflags) $(${driver}@bridges) $(EXTRA_CFLAGS))`;
  const name = { intel: 'CFLAGS_EXTRA', mellanox: 'EXTRA_CFLAGS', file: 'EXTRA_CFLAGS' }[kind];
  const words = [
    `$(MAKE) $(jobs) -C ${driver}${goal === '' ? '' : ` ${goal}`}`,
    `${name}="${flags}"`,
    ...(kind === 'mellanox' ? [] : ['$(KOPTS)', 'KSRC=$(KSRC)']),
    'NETMAP_DRIVER_SUFFIX=$(DRVSUFFIX)',
    'KBUILD_EXTRA_SYMBOLS=$(BUILDDIR)/Module.symvers',
  ];
  return words.join(' ');
}

function prepareCommand({ kind, driver }: Vendor, fixed: boolean): string | undefined {
  if (fixed) return `$(BUILDDIR)/intel-fix.sh ${driver}`;
  if (kind !== 'mellanox') return undefined;
  return `test -e ${driver}/config.mk || { cd ${driver} && scripts/mlnx_en_patch.sh -s $(KSRC) $(or $(jobs),-j$(shell nproc)); }`;
}

/** Without its own key the kernel's make would only complain about modules that it cannot sign. */
const UNSIGNED = '$(if $(wildcard $(KSRC)/certs/signing_key.x509),,CONFIG_MODULE_SIG_ALL=)';

type Row = [key: string, sign: string, value: string];

/**
 * The driver@variables of default-config.mak; the user's config.mak comes after them and may replace each.
 * @param tree the unpacked archive; undefined when config.mak says where the sources come from
 */
export function vendorBuild(vendor: Vendor, version: string, tree: string | undefined): VendorBuild {
  const { driver, kind } = vendor;
  const fixed = vendor.fix.includes(version);
  const build = makeCommand(vendor, '');
  const folder = vendor.folder(version);
  const prepare = prepareCommand(vendor, fixed);
  const warnings = vendor.quiet ? ' $(addprefix -Wno-,$(REC_DISABLED_WARNINGS))' : '';
  const gone = `the unpacked sources of ${driver} ${version} are gone: run ./config.status, which unpacks them again`;
  const maybe = (when: boolean, ...row: Row): Row[] => (when ? [row] : []);
  const rows: Row[] = [
    ['v', '?=', version],
    ...maybe(kind === 'mellanox', 'pv', '?=', vendor.patchVersion(version)),
    ['force', ':=', '1'],
    ...maybe(tree !== undefined, 'fetch', '=', `test -d ${tree} || { echo "netmap: ${gone}" >&2; exit 1; }`),
    ['cflags', '=', `${vendor.cflags}${warnings}`.trim()],
    ...maybe(prepare !== undefined, 'prepare', '=', prepare ?? ''),
    // Compiled without netmap's flags it is not the netmap driver: nothing to try before patching.
    ['build', '=', kind === 'file' ? `$(if $(EXTRA_CFLAGS),${build},:)` : build],
    [
      'install',
      '=',
      `${makeCommand(vendor, kind === 'mellanox' ? 'install_modules' : 'install')} $(if $(MODPATH),INSTALL_MOD_PATH=$(MODPATH) DEPMOD=true) ${UNSIGNED}`,
    ],
    ['clean', '=', makeCommand(vendor, 'clean')],
    ['distclean', '=', folder === undefined ? ':' : `rm -rf ${folder} ${folder}.old`],
  ];
  const lines = rows.map(([key, sign, value]) => `${driver}@${key} ${sign} ${value}`.trimEnd());
  return {
    version,
    variables: `\n# ${driver} ${version} of its vendor (${patchName(vendor, version)})\n${lines.join('\n')}\n`,
    module: vendor.module,
    fixed,
  };
}
