/** What a command gets from its surroundings; tests give it their own. */
export interface CliContext {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What `out` writes to is a terminal. */
  readonly terminal: boolean;
  /** What `err` writes to is a terminal. */
  readonly errorTerminal?: boolean;
  out(text: string): void;
  err(text: string): void;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}
