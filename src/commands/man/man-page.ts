import { exitCodes } from '../../core/errors.js';
import { type OptionRow, optionName, optionTable } from '../../core/options/option-table.js';

/** A subcommand, as far as the manual mentions it. */
export interface CommandRow {
  readonly usage: string;
  readonly what: string;
}

const INTRO =
  'Configures netmap.ko and its native NIC drivers for a Linux kernel, in the current folder. Options apply from left to right; values stand behind an equals sign; lists are separated by commas.';

const EXIT_TEXTS: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done',
  failure: 'failure; the message says what, why and what to do',
  usage: 'the command line is wrong',
  driversDropped: 'configured, but a driver named with --drivers= was left out',
  fetchFailed: 'something could not be fetched',
  buildFailed: 'a build failed',
  guestDied: 'a virtual machine died',
  guestTestsFailed: 'tests in a virtual machine failed',
  portRefused: 'a driver port was refused',
  interrupted: 'interrupted; a second run completes the work',
};

function written({ flags }: OptionRow): string {
  return flags.replace(' <', '=<').replace(/ \[(\w+)\]/, '[=<$1>]');
}

function groups(): [string, OptionRow[]][] {
  const names = [...new Set(optionTable.map(({ group }) => group))];
  return names.map((name) => [name.replace(/:$/, ''), optionTable.filter(({ group }) => group === name)]);
}

/** roff reads a leading dot or quote as a request, a backslash as an escape, and a plain `-` as a hyphen. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

/** The manual page, section 8, made from the tables that the program itself is made of. */
export function manPage(version: string, commands: readonly CommandRow[]): string {
  const item = (term: string, what: string) => `.TP\n.B ${roff(term)}\n${roff(what)}\n`;
  const options = groups().map(
    ([name, rows]) => `.SS ${roff(name)}\n${rows.map((row) => item(written(row), row.what)).join('')}`,
  );
  const codes = Object.entries(exitCodes).map(([name, code]) =>
    item(String(code), EXIT_TEXTS[name as keyof typeof exitCodes]),
  );
  return [
    `.TH NETMAP\\-CONFIGURE 8 "" "netmap\\-configure ${roff(version)}"\n`,
    '.SH NAME\nnetmap\\-configure \\- configure netmap and its native NIC drivers for a Linux kernel\n',
    '.SH SYNOPSIS\n.B netmap\\-configure\n.RI [ option ...]\n.br\n.B netmap\\-configure\n.I command\n',
    `.SH DESCRIPTION\n${roff(INTRO)}\n`,
    `.SH OPTIONS\n${options.join('')}`,
    `.SH COMMANDS\n${commands.map(({ usage, what }) => item(usage, what)).join('')}`,
    `.SH EXIT STATUS\n${codes.join('')}`,
    '.SH FILES\n',
    item('netmap-configure.json', 'settings of a build folder; see netmap-configure config show'),
    item('config.mak', "the user's own driver@variables, in the syntax of make"),
    item('config.log', 'what the last run did, with the output of the compiler'),
    item('config.status', 'configures again with the same options'),
    '.SH SEE ALSO\n.BR netmap (4)\n',
  ].join('');
}

/** The same as Markdown. */
export function manMarkdown(commands: readonly CommandRow[]): string {
  const table = (rows: readonly (readonly [string, string])[]) =>
    rows
      .map(([term, what]) => `| \`${term.replaceAll('|', '\\|')}\` | ${what.replaceAll('|', '\\|')} |\n`)
      .join('');
  return [
    `# netmap-configure\n\n${INTRO}\n`,
    ...groups().map(
      ([name, rows]) =>
        `\n## ${name}\n\n| option | meaning |\n|---|---|\n${table(rows.map((row) => [written(row), row.what]))}`,
    ),
    `\n## Commands\n\n| command | meaning |\n|---|---|\n${table(commands.map(({ usage, what }) => [usage, what]))}`,
  ].join('');
}

/** Options that the manual must mention; for tests. */
export const manualOptions = optionTable.map(optionName);
