import { type Hook, hookSchema, type Manifest, manifestSchema } from '../../facts/drivers/manifest.js';
import { placeHook } from '../place/place.js';
import { type CFunction, indexSource, type SourceFile, signatureTokens, spell } from '../source/functions.js';
import { callsIn, locals, parameters } from '../source/scope.js';
import { type Body, parseBody } from '../source/statements.js';
import type { Found, Structure } from '../source/structure.js';
import type { DriverFacts } from './learn.js';
import { definition, guarded, type Wanted, wanted } from './scaffold-texts.js';

export interface Scaffold {
  readonly manifest: Manifest;
  /** Content of the bridge header. */
  readonly bridge: string;
  /** What was not found, and must be decided by a person. */
  readonly open: readonly string[];
}

/** Rules and a bridge header for a driver that never had a port. Pure. */
export function scaffold(
  facts: DriverFacts,
  prefix: string,
  structure: Structure,
  files: ReadonlyMap<string, string>,
  template: (values: Record<string, string>) => string,
): Scaffold {
  const sources = new Map([...files].map(([name, text]) => [name, indexSource(name, text)]));
  const header = `if_${prefix}_netmap.h`;
  const functions: string[] = [];
  const open: string[] = [];
  const hooks: Hook[] = [];
  const take = (hook: Hook | string, code?: string): void => {
    if (typeof hook === 'string') open.push(hook);
    else {
      hooks.push(hook);
      if (code !== undefined) functions.push(code);
    }
  };
  for (const want of wanted) {
    const result = hookOf(want, prefix, structure[want.part], sources);
    take(result.hook, result.code);
  }
  take(detachHook(sources, structure));
  const attach = attachHook(prefix, structure.probe, sources);
  take(attach.hook, attach.code);
  const includes = includeHooks(hooks, sources, header);
  const all = [...includes, ...hooks];
  const roles = new Set(all.map(({ role }) => role));
  const manifest = manifestSchema.parse({
    $schema: '../manifest.schema.json',
    ...facts,
    files: [...new Set(all.map(({ file }) => file))],
    bridge: { headers: [header] },
    device: { models: [], why: 'the manifest does not say yet what can run it' },
    hooks: all,
    waivers: (['include', 'attach', 'detach', 'ring-reset'] as const)
      .filter((role) => !roles.has(role))
      .map((role) => ({
        role,
        why: 'no place was found by structure: find it by hand, or say why none is needed',
      })),
    notes: [
      'Proposed by structure. Read each hook; add order and census rules before the port is trusted.',
      ...open,
    ],
  });
  const GUARD = `_IF_${prefix.toUpperCase()}_NETMAP_H_`;
  const PRIV = privateType(hooks);
  const bridge = template({ DRIVER: facts.name, GUARD, PRIV, FUNCTIONS: functions.join('\n') });
  return { manifest, bridge, open };
}

/** The structure that most hooks are called with: as a rule that which netdev_priv() gives. */
function privateType(hooks: readonly Hook[]): string {
  const types = hooks
    .flatMap(({ needs }) => needs.map(({ type }) => type?.replace(/ \*$/, '') ?? ''))
    .filter((type) => /^struct \w+$/.test(type) && type !== 'struct net_device');
  const count = (type: string): number => types.filter((one) => one === type).length;
  return types.toSorted((a, b) => count(b) - count(a))[0] ?? 'struct net_device';
}

function functionIn(
  sources: ReadonlyMap<string, SourceFile>,
  found: Found,
): [SourceFile, CFunction] | undefined {
  const source = sources.get(found.file);
  const fn = source?.functions.find(({ name }) => name === found.function);
  return source === undefined || fn === undefined ? undefined : [source, fn];
}

/** The variable that a bridge function is called with: the driver's private structure or the interface. */
function subjectOf(
  source: SourceFile,
  fn: CFunction,
  body: Body,
  before: number,
): { name: string; type: string } | undefined {
  const visible = [...parameters(source, fn), ...locals(source, body, before)].filter(
    ({ type }) =>
      /^(const )?struct \w+ \*$/.test(type) && !/pci_device_id|sk_buff|work_struct|napi_struct/.test(type),
  );
  const interfaces = visible.filter(({ type }) => type === 'struct net_device *');
  return (
    visible.find(({ type }) => type !== 'struct net_device *' && type !== 'struct pci_dev *') ??
    interfaces[0] ??
    visible[0]
  );
}

function bodyOf(source: SourceFile, fn: CFunction): Body | undefined {
  try {
    return parseBody(source, fn);
  } catch {
    return undefined;
  }
}

function hookOf(
  want: Wanted,
  prefix: string,
  found: readonly Found[],
  sources: ReadonlyMap<string, SourceFile>,
): { hook: Hook | string; code?: string } {
  const reasons: string[] = [];
  for (const one of found) {
    const [source, fn] = functionIn(sources, one) ?? [];
    const body = source === undefined || fn === undefined ? undefined : bodyOf(source, fn);
    const first = body?.items.find(({ declaration }) => !declaration);
    if (source === undefined || fn === undefined || body === undefined || first === undefined) continue;
    const subject = subjectOf(source, fn, body, first.start);
    if (subject === undefined) {
      reasons.push(`${one.function} has no structure to call the bridge with`);
      continue;
    }
    const call = `${prefix}_netmap_${want.call}(${subject.name})`;
    const text = want.stops ? guarded(`if (${call})`, `\t${leave(source, fn)}`) : guarded(`${call};`);
    const signature = spell(signatureTokens(source, fn).slice(0, -1)).replace(/\(.*$/s, '(...)');
    const mayCall = [...new Set(callsIn(source, fn.open + 1, first.start).map(({ text: name }) => name))];
    const hook = hookSchema.parse({
      id: want.role,
      role: want.role,
      file: one.file,
      functions: [fn.name],
      at: { place: 'after-declarations', mayCall },
      needs: [{ name: subject.name, type: subject.type }],
      variants: [{ whenSignature: signature, text }],
      why: `proposed: ${one.evidence}${mayCall.length > 0 ? '; check that no call in mayCall must be undone' : ''}`,
    });
    const placed = placeHook(source, hook, 0);
    if ('placement' in placed) return { hook, code: definition(prefix, want, subject.type) };
    reasons.push(`${one.function}: ${placed.refusal.what}`);
  }
  return { hook: `no ${want.role} hook: ${reasons.join('; ') || `no function for ${want.part} was found`}` };
}

/** A return that says "all done" in the function's type. */
function leave(source: SourceFile, fn: CFunction): string {
  const type = spell(
    signatureTokens(source, fn).filter((_, at, all) => at < all.findIndex(({ text }) => text === '(') - 1),
  );
  if (type === 'void') return 'return;';
  return type === 'bool' ? 'return true;' : type.endsWith('*') ? 'return NULL;' : 'return 0;';
}

/** In front of the one statement that unregisters the interface, wherever it is. */
function detachHook(sources: ReadonlyMap<string, SourceFile>, structure: Structure): Hook | string {
  const first = structure.remove.map((one) => one.function);
  const everywhere = [...sources.values()].flatMap((source) =>
    source.functions.map((fn) => ({ source, fn })),
  );
  const ordered = everywhere.sort(
    (a, b) => Number(first.includes(b.fn.name)) - Number(first.includes(a.fn.name)),
  );
  for (const { source, fn } of ordered) {
    const leaves = bodyOf(source, fn)?.statements.filter(({ start }) =>
      /^unregister_netdev/.test(source.tokens[start]?.text ?? ''),
    );
    const [statement] = leaves ?? [];
    if (statement === undefined || leaves?.length !== 1) continue;
    const anchor = spell(source.tokens.slice(statement.start, statement.end));
    const subject = /\(([^,)]*)/.exec(anchor)?.[1]?.trim() ?? '';
    const at = { place: 'before', anchor, nested: statement.depth > 0 };
    const hook = hookSchema.parse({
      id: 'detach',
      role: 'detach',
      file: source.name,
      functions: [fn.name],
      at,
      text: guarded(`netmap_detach(${subject});`),
    });
    if ('placement' in placeHook(source, hook, 0)) return hook;
  }
  return 'no detach hook: no statement unregisters the interface by itself';
}

function attachHook(
  prefix: string,
  found: readonly Found[],
  sources: ReadonlyMap<string, SourceFile>,
): { hook: Hook | string; code?: string } {
  for (const one of found) {
    const [source, fn] = functionIn(sources, one) ?? [];
    const body = source === undefined || fn === undefined ? undefined : bodyOf(source, fn);
    if (source === undefined || fn === undefined || body === undefined) continue;
    const subject =
      [...locals(source, body, fn.close), ...parameters(source, fn)].find(
        ({ type }) => type === 'struct net_device *',
      ) ?? subjectOf(source, fn, body, fn.close);
    if (subject === undefined) continue;
    const contract = [
      'Announce the driver to netmap: fill a struct netmap_adapter (ifp, pdev,',
      'numbers of rings and descriptors) and call nm_nic_attach(). The last',
      'step of probing; process context.',
    ];
    const hook = hookSchema.parse({
      id: 'attach',
      role: 'attach',
      file: source.name,
      functions: [fn.name],
      at: { place: 'before', anchor: 'return 0;' },
      needs: [{ name: subject.name, type: subject.type }],
      text: guarded(`${prefix}_netmap_attach(${subject.name});`),
      why: `proposed: ${one.evidence}`,
    });
    const placed = placeHook(source, hook, 0);
    if ('placement' in placed)
      return { hook, code: definition(prefix, { call: 'attach', stops: false, contract }, subject.type) };
    return { hook: `no attach hook: ${placed.refusal.what}` };
  }
  return { hook: 'no attach hook: no probe function was found' };
}

/** One include a file, above the first function that has a hook. */
function includeHooks(
  hooks: readonly Hook[],
  sources: ReadonlyMap<string, SourceFile>,
  header: string,
): Hook[] {
  return [...new Set(hooks.map(({ file }) => file))].map((file, index) => {
    const own = new Set(hooks.filter((hook) => hook.file === file).flatMap((hook) => hook.functions));
    const first = sources.get(file)?.functions.find(({ name }) => own.has(name));
    return hookSchema.parse({
      id: index === 0 ? 'include' : `include-${index + 1}`,
      role: 'include',
      file,
      functions: [first?.name],
      at: { place: 'before-function' },
      text: `#if defined(CONFIG_NETMAP) || defined(CONFIG_NETMAP_MODULE)\n#include <${header}>\n#endif /* CONFIG_NETMAP */\n\n`,
    });
  });
}
