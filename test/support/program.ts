const silent = () => undefined;

/** Where a program runs that nobody watches: no terminal, no variables, nothing printed. */
export function silentContext() {
  return {
    cwd: '/',
    env: {},
    terminal: false,
    out: silent,
    err: silent,
    signal: new AbortController().signal,
  };
}
