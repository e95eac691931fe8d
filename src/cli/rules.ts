import type { CommandRow } from '../core/options/command.js';

/** What was given, as far as rules ask: names of options, and words. */
export interface Given {
  readonly options: readonly string[];
  readonly words: readonly string[];
}

/** `interfaces` of `[interfaces...]`. */
function argumentName(form: string): string {
  return form.replaceAll(/[^\w-]/g, '');
}

/** The first combination that means nothing, in words. */
export function brokenRule<F>(command: CommandRow<F>, { options, words }: Given): string | undefined {
  const argument = command.argument === undefined ? '' : argumentName(command.argument.form);
  const given = new Set([...options, ...(words.length > 0 && argument !== '' ? [argument] : [])]);
  const called = (name: string) => (name === argument ? `'${words[0]}'` : `--${name}`);
  for (const rule of command.rules ?? []) {
    if ('word' in rule) {
      const surplus = words.includes(rule.word)
        ? options.find((name) => !rule.allows.includes(name))
        : undefined;
      if (surplus !== undefined) return `--${surplus} has no effect on '${command.name} ${rule.word}'`;
      continue;
    }
    if (!given.has(rule.option)) continue;
    if ('needs' in rule) {
      if (!rule.needs.some((name) => given.has(name)))
        return `--${rule.option} has no effect without ${rule.needs.map(called).join(' or ')}`;
      continue;
    }
    const other = rule.excludes.find((name) => given.has(name));
    if (other !== undefined) return `--${rule.option} and ${called(other)} exclude each other`;
  }
  return undefined;
}
