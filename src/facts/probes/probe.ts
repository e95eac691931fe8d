/** One question to a kernel's headers, asked by compiling a few lines. */
export interface Probe {
  /** Unique; also the name of the C function that holds the question. */
  readonly id: string;
  /** `NETMAP_LINUX_<macro>` is defined when the lines compile. */
  readonly macro: string;
  /** Its value; none for plain `HAVE_` macros. */
  readonly value?: string;
  /** Its value when the lines do not compile; without it nothing is defined then. */
  readonly otherwise?: string;
  /** Which kernel release changed the interface, for the reader of an answer. */
  readonly changed: string;
  /** Parameters of the function that asks. */
  readonly args: string;
  /** The lines to compile. */
  readonly body: string;
  /** Declarations in front of the function. */
  readonly before?: string;
  /** A header whose absence answers no; it is included only where it exists. */
  readonly header?: string;
}

/** Shorthand for the tables: `have('STRSCPY', '4.3', 'char *d, const char *s', 'strscpy(d, s, 4);')`. */
export function have(
  name: string,
  changed: string,
  args: string,
  body: string,
  more: Partial<Probe> = {},
): Probe {
  return { id: name, macro: `HAVE_${name}`, changed, args, body, ...more };
}
