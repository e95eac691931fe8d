/** What a command comes to. It prints nothing of this itself and sets nothing global. */
export interface Result {
  /** Process exit status, of `exitCodes`. */
  readonly status: number;
  /** The document that --json prints. */
  readonly json: unknown;
  /** What is printed without it. */
  readonly text: string;
}
