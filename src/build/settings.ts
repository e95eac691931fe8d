import type { VendorBuild } from '../facts/external/makefile.js';

/** What a driver decision means for the build folder. */
export interface BuiltDriver {
  readonly name: string;
  readonly conf: string;
  /** Shell command that makes the entry `name` in the current directory. */
  readonly src: string;
  /** Path of the patch relative to the build folder. */
  readonly patch: string;
  /** SHA-256 of the patch: the copy is made again when it changes. */
  readonly patchDigest: string;
  readonly module: string;
  /** Text of a patch that was made for this build; its place is `patch`. */
  readonly madePatch?: string;
  /** Bridge headers of another checkout, which this driver's patch includes. */
  readonly bridges: readonly string[];
  /** Built from the vendor's sources, not by kbuild together with the others. */
  readonly vendor?: VendorBuild;
}

/** Everything that the generated files depend on. A plain value: the files are a pure function of it. */
export interface BuildSettings {
  readonly packageRoot: string;
  readonly buildDir: string;
  readonly modName: string;
  /** In print order (reverse declaration order), as all lists here. */
  readonly subsystems: readonly string[];
  readonly drivers: readonly BuiltDriver[];
  readonly apps: readonly string[];
  readonly utils: boolean;
  /** Of --select-version, in the order given. */
  readonly versions: readonly (readonly [driver: string, version: string])[];
  readonly kernel: {
    readonly dir: string;
    readonly sources?: string;
    readonly hex: string;
    readonly release: string;
    readonly opts: readonly string[];
  };
  readonly installModPath: string;
  readonly driverSuffix: string;
  readonly cc: string;
  readonly ld: string;
  readonly prefix: string;
  readonly destdir: string;
  readonly debug: boolean;
  /** Folders with bridge headers: `<package>/drivers/<name>`. */
  readonly bridges: readonly string[];
  /** Warning names that the kernel's compiler knows and that are not errors here. */
  readonly warnings: readonly string[];
  /** Program and arguments of this run, for config.status. */
  readonly commandLine: readonly string[];
}
