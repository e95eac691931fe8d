import type { Shell } from '../../core/options/configure-program.js';
import type { CommandWords, Offer, Word, Words } from './plan.js';

/** The completion script of a shell. */
export function completionScript(shell: Shell, words: Words): string {
  return { bash, zsh, fish }[shell](words);
}

function header({ program }: Words): string {
  return `# Completion of ${program}, made from its table of options.\n`;
}

const equals = ({ takes }: Word): string => (takes === 'nothing' ? '' : '=');

/** What bash and zsh expand inside their own quotes. */
function posixWords(offer: Offer): string {
  if (offer === 'interfaces') return '$(command ls /sys/class/net)';
  return offer === 'kernels' ? '$(command ls /lib/modules)' : offer.join(' ');
}

/** bash hands `--name=value` over as three words, because `=` is among COMP_WORDBREAKS. */
function bash(words: Words): string {
  const { program, main, commands } = words;
  const name = `_${program.replaceAll('-', '_')}`;
  const all = new Map([main, ...commands].flatMap(({ options }) => options).map((one) => [one.name, one]));
  const values = [...all.values()].flatMap(bashValue);
  const names = (options: readonly Word[]) => options.map((one) => `--${one.name}${equals(one)}`);
  const cases = commands.map(({ name: command, options, argument }) => {
    const offered = [...names(options), ...(argument === 'files' ? [] : [posixWords(argument)])];
    const files = argument === 'files' ? ' COMPREPLY+=($(compgen -f -- "$current"));' : '';
    return `    ${command}) COMPREPLY=($(compgen -W "${offered.join(' ')}" -- "$current"));${files} ;;`;
  });
  const unnamed = [...names(main.options), ...commands.map((command) => command.name)].join(' ');
  return `${header(words)}${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} option= value= head word command=
  COMPREPLY=()
  if [[ $current == = ]]; then option=$previous
  elif [[ $previous == = ]]; then option=\${COMP_WORDS[COMP_CWORD-2]} value=$current
  elif [[ $current == --*=* ]]; then option=\${current%%=*} value=\${current#*=}
  fi
  if [[ -n $option ]]; then
    compopt -o nospace
    case $option in
${values.join('\n')}
    esac
    return
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${commands.map((command) => command.name).join('|')}) command=$word; break ;; esac
  done
  case $command in
${cases.join('\n')}
    *) COMPREPLY=($(compgen -W '${unnamed}' -- "$current")) ;;
  esac
  [[ \${COMPREPLY[0]-} == *= ]] && compopt -o nospace
}
complete -F ${name} ${program}
`;
}

function bashValue({ name, takes, offer }: Word): string[] {
  if (takes === 'directory')
    return [`    --${name}) compopt -o filenames; COMPREPLY=($(compgen -d -- "$value")) ;;`];
  if (takes === 'file')
    return [`    --${name}) compopt -o filenames; COMPREPLY=($(compgen -f -- "$value")) ;;`];
  if (offer.length === 0) return [];
  const candidates = posixWords(offer);
  if (takes !== 'list') return [`    --${name}) COMPREPLY=($(compgen -W "${candidates}" -- "$value")) ;;`];
  return [
    `    --${name}) case $value in *,*) head=\${value%,*}, ;; *) head= ;; esac`,
    `      COMPREPLY=($(compgen -P "$head" -W "${candidates}" -- "\${value##*,}")) ;;`,
  ];
}

function zsh(words: Words): string {
  const { program, main, commands } = words;
  const names = commands.map((command) => command.name).join(' ');
  const specs = ({ options }: CommandWords) => options.map((one) => `    '${zshOption(one)}'`);
  const cases = commands.map((command) => {
    const { argument } = command;
    const action = argument === 'files' ? '_files' : zshAction(argument);
    const own = [...specs(command), `    '1:command:(${command.name})'`, `    '*:word:${action}'`];
    return `  ${command.name}) own=(\n${own.join('\n')}\n  ) ;;`;
  });
  return [
    `#compdef ${program}\n${header(words)}local -a own`,
    `case \${words[(r)(${names.replaceAll(' ', '|')})]} in\n${cases.join('\n')}`,
    `  *) own=(\n${specs(main).join('\n')}\n    '1::command:(${names})'\n  ) ;;\nesac`,
    '_arguments $own\n',
  ].join('\n');
}

function zshAction(offer: Offer): string {
  if (offer === 'interfaces') return '_net_interfaces';
  return offer.length === 0 ? ' ' : `(${posixWords(offer)})`;
}

function zshOption({ name, what, takes, offer }: Word): string {
  const quoted = what.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, '\\$&');
  const action = {
    nothing: '',
    directory: ':directory:_directories',
    file: ':file:_files',
    value: `:value:${zshAction(offer)}`,
    list: offer.length === 0 ? ':list: ' : `:list:_values -s , value ${posixWords(offer)}`,
  }[takes];
  return `--${name}${takes === 'nothing' ? '' : '='}[${quoted}]${action}`;
}

const fishQuote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fishWords(offer: Offer): string {
  if (offer === 'interfaces') return '(__fish_print_interfaces)';
  return offer === 'kernels' ? '(command ls /lib/modules)' : offer.join(' ');
}

function fish(words: Words): string {
  const { program, main, commands } = words;
  const names = commands.map((command) => command.name).join(' ');
  const row = (when: string, { name, what, takes, offer }: Word) => {
    const value = {
      nothing: '',
      directory: " -x -a '(__fish_complete_directories)'",
      file: ' -r',
      value: ` -x${offer.length === 0 ? '' : ` -a ${fishQuote(fishWords(offer))}`}`,
      list: ` -x${offer.length === 0 ? '' : ` -a ${fishQuote(`(__fish_append , ${fishWords(offer)})`)}`}`,
    }[takes];
    return `complete -c ${program} -n ${fishQuote(when)} -l ${name} -d ${fishQuote(what)}${value}`;
  };
  const unnamed = `not __fish_seen_subcommand_from ${names}`;
  const verbs = commands.map(
    ({ name, what }) =>
      `complete -c ${program} -f -n ${fishQuote(unnamed)} -a ${name} -d ${fishQuote(what.split(/[:;,]/)[0] ?? '')}`,
  );
  const own = commands.flatMap((command) => {
    const seen = `__fish_seen_subcommand_from ${command.name}`;
    const { argument } = command;
    const takesWords = argument === 'files' ? '' : ` -f -a ${fishQuote(fishWords(argument))}`;
    return [
      ...command.options.map((one) => row(seen, one)),
      ...(takesWords === '' ? [] : [`complete -c ${program} -n ${fishQuote(seen)}${takesWords}`]),
    ];
  });
  const lines = [...main.options.map((one) => row(unnamed, one)), ...verbs, ...own];
  return `${header(words)}${lines.join('\n')}\n`;
}
