import { type OptionRow, optionName, optionTable } from '../../core/options/option-table.js';
import type { Universe } from '../../core/options/options.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What a completion script is made of; plain data, so that every shell offers the same. */
interface Word {
  readonly name: string;
  readonly what: string;
  /** No value, a directory, words, or words separated by commas. */
  readonly takes: 'nothing' | 'directory' | 'anything' | 'word' | 'list';
  readonly words: readonly string[];
}

function wordOf(row: OptionRow, universe: Universe): Word {
  const sets = { drivers: universe.drivers, external: universe.externalDrivers, apps: universe.apps };
  const words = typeof row.values === 'string' ? sets[row.values] : (row.values ?? []);
  const base = { name: optionName(row), what: row.what, words };
  if (row.flags.includes('<dir>')) return { ...base, takes: 'directory' };
  if (!/[<[]/.test(row.flags)) return { ...base, takes: 'nothing' };
  if (words.length === 0) return { ...base, takes: 'anything' };
  return { ...base, takes: /[<[]list[>\]]/.test(row.flags) ? 'list' : 'word' };
}

/** A subcommand with the options that only it has. */
export interface CommandWords {
  readonly name: string;
  /** Values of its argument, when there is a fixed set. */
  readonly words: readonly string[];
  readonly options: readonly { readonly flags: string; readonly what: string }[];
}

/** The completion script of a shell: options of the configure run, subcommands, and what each of these adds. */
export function completionScript(
  shell: Shell,
  universe: Universe,
  commands: readonly CommandWords[],
): string {
  const words = optionTable.map((row) => wordOf(row, universe));
  const all = [...words, plain('help', 'print a summary'), plain('version', 'print the version')];
  return { bash, zsh, fish }[shell](all, commands);
}

function plain(name: string, what: string): Word {
  return { name, what, takes: 'nothing', words: [] };
}

const HEADER = '# Completion of netmap-configure, made from its option table.\n';

/** bash hands `--name=value` over as three words, because `=` is among COMP_WORDBREAKS. */
function bash(words: readonly Word[], commands: readonly CommandWords[]): string {
  const added = commands.map(
    ({ name, words: values, options }) =>
      `      ${name}) COMPREPLY+=($(compgen -W '${[...values, ...options.map(longOf)].join(' ')}' -- "$current")) ;;`,
  );
  const cases = words.flatMap(({ name, takes, words: values }) => {
    if (takes === 'directory')
      return [`    --${name}) compopt -o filenames; COMPREPLY=($(compgen -d -- "$value")) ;;`];
    if (values.length === 0) return [];
    if (takes === 'word')
      return [`    --${name}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$value")) ;;`];
    return [
      `    --${name}) case $value in *,*) head=\${value%,*}, ;; *) head= ;; esac`,
      `      COMPREPLY=($(compgen -P "$head" -W '${values.join(' ')}' -- "\${value##*,}")) ;;`,
    ];
  });
  const names = words.map(({ name, takes }) => `--${name}${takes === 'nothing' ? '' : '='}`);
  return `${HEADER}_netmap_configure() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} option= value= head word
  COMPREPLY=()
  if [[ $current == = ]]; then option=$previous
  elif [[ $previous == = ]]; then option=\${COMP_WORDS[COMP_CWORD-2]} value=$current
  elif [[ $current == --*=* ]]; then option=\${current%%=*} value=\${current#*=}
  fi
  if [[ -n $option ]]; then
    compopt -o nospace
    case $option in
${cases.join('\n')}
    esac
    return
  fi
  COMPREPLY=($(compgen -W '${[...names, ...commands.map(({ name }) => name)].join(' ')}' -- "$current"))
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
${added.join('\n')}
    esac
  done
  [[ \${COMPREPLY[0]-} == *= ]] && compopt -o nospace
}
complete -F _netmap_configure netmap-configure
`;
}

/** `--build=` of `--build <dir>`. */
function longOf({ flags }: { readonly flags: string }): string {
  const [long = ''] = flags.split(' ');
  return flags.includes('<') ? `${long}=` : long;
}

function zsh(words: readonly Word[], commands: readonly CommandWords[]): string {
  const quoted = (text: string) => text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, '\\$&');
  const specs = words.map(({ name, what, takes, words: values }) => {
    const action = {
      nothing: '',
      directory: ':directory:_directories',
      anything: ':value: ',
      word: `:value:(${values.join(' ')})`,
      list: `:list:_values -s , value ${values.join(' ')}`,
    }[takes];
    return `  '--${name}${takes === 'nothing' ? '' : '='}[${quoted(what)}]${action}'`;
  });
  const own = commands.map(({ name, words: values, options }) => {
    const quotedOptions = options.map((row) => {
      const value = row.flags.includes('<')
        ? `:value:${row.flags.includes('<dir>') ? '_directories' : ' '}`
        : '';
      return ` '${longOf(row)}[${quoted(row.what)}]${value}'`;
    });
    const argument = values.length === 0 ? '*: :_default' : `*: :(${values.join(' ')})`;
    return `  ${name}) own=(${quotedOptions.join('')} '${argument}') ;;`;
  });
  const names = commands.map(({ name }) => name).join(' ');
  return [
    `#compdef netmap-configure\n${HEADER}local -a own`,
    `case \${words[(r)(${names.replaceAll(' ', '|')})]} in\n${own.join('\n')}\nesac`,
    `_arguments \\\n${specs.join(' \\\n')} \\\n  '1::command:(${names})' $own\n`,
  ].join('\n');
}

function fish(words: readonly Word[], commands: readonly CommandWords[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = words.map(({ name, what, takes, words: values }) => {
    const takesWhat = {
      nothing: '',
      directory: " -x -a '(__fish_complete_directories)'",
      anything: ' -x',
      word: ` -x -a ${quote(values.join(' '))}`,
      list: ` -x -a ${quote(`(__fish_append , ${values.join(' ')})`)}`,
    }[takes];
    return `complete -c netmap-configure -l ${name} -d ${quote(what)}${takesWhat}`;
  });
  const verbs = `complete -c netmap-configure -f -n __fish_is_first_token -a ${quote(commands.map(({ name }) => name).join(' '))}`;
  const own = commands.flatMap(({ name, words: values, options }) => {
    const seen = `complete -c netmap-configure -n '__fish_seen_subcommand_from ${name}'`;
    return [
      ...options.map(
        ({ flags, what }) =>
          `${seen} -l ${longOf({ flags }).replace(/^--|=$/g, '')} -d ${quote(what)}${flags.includes('<') ? ' -r' : ''}`,
      ),
      ...(values.length === 0 ? [] : [`${seen} -f -a ${quote(values.join(' '))}`]),
    ];
  });
  return `${HEADER}${[...lines, verbs, ...own].join('\n')}\n`;
}
