/** The kernel's `.config`, as data. */
export interface KernelConfig {
  /** `y`, `m`, a number or the text of a string; undefined when the symbol is not set. */
  get(symbol: string): string | undefined;
}

/**
 * Parses `.config` text; symbols it does not assign fall back to `CONFIG_*` variables of `env`, which
 * packaging systems use to ask for drivers that the kernel's configuration leaves out.
 */
export function parseConfig(
  text: string,
  env: Readonly<Record<string, string | undefined>> = {},
): KernelConfig {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^(CONFIG_\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, unquote(value));
  }
  return {
    get(symbol) {
      const value = values.get(symbol) ?? (symbol.startsWith('CONFIG_') ? env[symbol] : undefined);
      return value === '' ? undefined : value;
    },
  };
}

function unquote(value: string): string {
  const text = value.trim();
  return /^".*"$/.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text;
}
