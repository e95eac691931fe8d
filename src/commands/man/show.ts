import { exitCodes } from '../../core/errors.js';
import { type CommandRow, optionsOf, type ProgramRow, usageOf } from '../../core/options/command.js';
import { type Row, written } from '../../core/options/row.js';

const SYNTAX =
  'Options apply from left to right; values stand behind an equals sign; lists are separated by commas.';

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

const FILES: readonly (readonly [string, string])[] = [
  ['netmap-configure.json', 'settings of a build folder; see netmap-configure config show'],
  ['config.mak', "the user's own driver@variables, in the syntax of make"],
  ['config.log', 'what the last run did, with the output of the compiler'],
  ['config.status', 'configures again with the same options'],
];

/** roff reads a leading dot or quote as a request, a backslash as an escape, and a plain `-` as a hyphen. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

const item = (term: string, what: string) => `.TP\n.B ${roff(term)}\n${roff(what)}\n`;

/** Options under the headings of the help text; those without a heading come first. */
function groups(rows: readonly Row[]): [string, Row[]][] {
  const names = [...new Set(rows.map(({ group }) => group ?? 'Options:'))];
  return names.map((name) => [
    name.replace(/:$/, ''),
    rows.filter(({ group = 'Options:' }) => group === name),
  ]);
}

function optionSections(rows: readonly Row[]): string {
  return groups(rows)
    .map(([name, all]) => `.SS ${roff(name)}\n${all.map((row) => item(written(row), row.what)).join('')}`)
    .join('');
}

function exitStatus(): string {
  const codes = Object.entries(exitCodes).map(([name, code]) => {
    const [, text] = Object.entries(EXIT_TEXTS).find(([key]) => key === name) ?? [];
    return item(String(code), text ?? '');
  });
  return `.SH EXIT STATUS\n${codes.join('')}`;
}

function head<F>({ name, section }: ProgramRow<F>, title: string, what: string, version: string): string {
  return (
    `.TH ${roff(title.toUpperCase())} ${section} "" "${roff(name)} ${roff(version)}"\n` +
    `.SH NAME\n${roff(title)} \\- ${roff(what)}\n`
  );
}

/** The sentence without its capital and full stop, as NAME wants it. */
function phrase(what: string): string {
  return what.replace(/[.:;].*$/s, '').replace(/^./, (letter) => letter.toLowerCase());
}

/** The manual page of a program, made from the table that the program itself is made of. */
export function programPage<F>(table: ProgramRow<F>, version: string): string {
  const { name, section } = table;
  const own = table.commands.includes(table.main) ? [] : optionsOf(table.main);
  return [
    head(table, name, phrase(table.what), version),
    `.SH SYNOPSIS\n.B ${roff(name)}\n.RI [ option ...]\n.br\n.B ${roff(name)}\n.I command\n`,
    `.SH DESCRIPTION\n${roff(`${table.what.replace(/\.?$/, '.')} ${SYNTAX}`)}\n`,
    own.length === 0 ? '' : `.SH OPTIONS\n${optionSections(own)}`,
    `.SH COMMANDS\n${table.commands.map((command) => item(usageOf(command), command.what)).join('')}`,
    exitStatus(),
    section === 8 ? `.SH FILES\n${FILES.map(([file, what]) => item(file, what)).join('')}` : '',
    '.SH SEE ALSO\n',
    table.commands.map((command) => `.BR ${roff(`${name}-${command.name}`)} (${section})\n`).join(''),
    '.BR netmap (4)\n',
  ].join('');
}

/** `netmap-configure-load(8)`. */
export function commandPage<F>(table: ProgramRow<F>, command: CommandRow<F>, version: string): string {
  const { name, section } = table;
  const rows = optionsOf(command);
  const argument = command.argument;
  return [
    head(table, `${name}-${command.name}`, phrase(command.what), version),
    `.SH SYNOPSIS\n.B ${roff(`${name} ${usageOf(command)}`)}\n`,
    `.SH DESCRIPTION\n${roff(command.what)}.\n`,
    argument === undefined ? '' : `.SH ARGUMENTS\n${item(argument.form, argument.what)}`,
    rows.length === 0 ? '' : `.SH OPTIONS\n${optionSections(rows)}`,
    exitStatus(),
    `.SH SEE ALSO\n.BR ${roff(name)} (${section})\n`,
  ].join('');
}

/** The page of a program and those of its commands, each with its place below `share/man`. */
export function allPages<F>(
  table: ProgramRow<F>,
  version: string,
): { readonly file: string; readonly text: string }[] {
  const place = (name: string) => `man${table.section}/${name}.${table.section}`;
  return [
    { file: place(table.name), text: programPage(table, version) },
    ...table.commands.map((command) => ({
      file: place(`${table.name}-${command.name}`),
      text: commandPage(table, command, version),
    })),
  ];
}

/** The same as Markdown. */
export function manMarkdown<F>(table: ProgramRow<F>, only?: CommandRow<F>): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = (all: readonly (readonly [string, string])[]) =>
    all.map(([term, what]) => `| \`${cell(term)}\` | ${cell(what)} |\n`).join('');
  const options = (all: readonly Row[]) =>
    groups(all).map(
      ([name, members]) =>
        `\n## ${name}\n\n| option | meaning |\n|---|---|\n${rows(members.map((row) => [written(row), row.what]))}`,
    );
  if (only !== undefined) {
    return `# ${table.name} ${usageOf(only)}\n\n${only.what}.\n${options(optionsOf(only)).join('')}`;
  }
  const commands = table.commands.map((command): [string, string] => [usageOf(command), command.what]);
  return [
    `# ${table.name}\n\n${table.what} ${SYNTAX}\n`,
    ...options(optionsOf(table.main)),
    `\n## Commands\n\n| command | meaning |\n|---|---|\n${rows(commands)}`,
  ].join('');
}
