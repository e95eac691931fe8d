import { NetmapError } from '../../core/errors.js';

/** Facts about a kernel's modules, by normalised name ("-" is "_"). */
export interface ModuleIndex {
  /** Path below modulesDir and names of what it needs. */
  readonly modules: ReadonlyMap<string, { readonly file: string; readonly needs: readonly string[] }>;
  readonly builtin: ReadonlySet<string>;
  /** From `softdep <module> pre: ...` lines. */
  readonly pre: ReadonlyMap<string, readonly string[]>;
}

/** `kernel/net/8021q/8021q.ko.xz` -> `8021q`. */
export function moduleName(file: string): string {
  return (file.split('/').at(-1) ?? file).replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_');
}

/** Reads the texts of modules.dep, modules.builtin and modules.softdep. */
export function parseModuleIndex(dep: string, builtin: string, softdep: string): ModuleIndex {
  const modules = new Map<string, { file: string; needs: string[] }>();
  for (const line of dep.split('\n')) {
    const [file, needs] = line.split(':');
    if (file === undefined || needs === undefined) continue;
    modules.set(moduleName(file), { file, needs: needs.split(' ').filter(Boolean).map(moduleName) });
  }
  const pre = new Map<string, string[]>();
  for (const match of softdep.matchAll(/^softdep (\S+) (?:.*?)pre: ([^:\n]*?)(?: post:.*)?$/gm)) {
    pre.set(moduleName(match[1] ?? ''), (match[2] ?? '').split(' ').filter(Boolean).map(moduleName));
  }
  return { modules, builtin: new Set(builtin.split('\n').filter(Boolean).map(moduleName)), pre };
}

/**
 * The files (below modulesDir) to load for `wanted`, needs first, each once. Built-in modules need none.
 * A soft dependency that does not exist is left out, as modprobe does.
 *
 * @throws NetmapError `module-missing` when the kernel has no such module.
 */
export function moduleClosure(index: ModuleIndex, wanted: readonly string[]): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string, required: boolean): void => {
    if (seen.has(name)) return;
    const found = index.modules.get(name);
    if (found === undefined) {
      if (index.builtin.has(name) || !required) return;
      throw new NetmapError({
        code: 'module-missing',
        what: `this kernel has no module ${name}`,
        why: 'it is neither in modules.dep nor built in',
        mend: 'correct the name, or choose a kernel whose configuration has the module',
      });
    }
    seen.add(name);
    for (const soft of index.pre.get(name) ?? []) visit(soft, false);
    for (const need of found.needs.toReversed()) visit(need, true);
    order.push(found.file);
  };
  for (const name of wanted) visit(moduleName(name), true);
  return order;
}
