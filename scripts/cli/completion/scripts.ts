import type { OptionWord, Place, SHELLS, Word } from "./tree";

type Shell = (typeof SHELLS)[number];

const wordsOf = (words: readonly Word[]): string => words.map(({ word }) => word).join(" ");
const withValue = (options: readonly OptionWord[], value: OptionWord["value"]): string =>
  wordsOf(options.filter((option) => option.value === value));

/** One branch of the `case` that knows every place. All words are names of commands and options: nothing to be quoted. */
function bashBranch({ path, commands, options, argument, choices }: Place): string {
  const values = [wordsOf(commands), choices.join(" ")].filter(Boolean).join(" ");
  return [
    `    "${path}")`,
    `      words="${values}"`,
    `      options="${wordsOf(options)}"`,
    `      files="${withValue(options, "file")}"`,
    `      valued="${withValue(options, "other")}"`,
    `      argument=${argument} ;;`,
  ].join("\n");
}

function bash(places: readonly Place[]): string {
  return `# leasehold: completion for bash. Made by: leasehold completion bash
_leasehold_place() {
  case "$1" in
${places.map(bashBranch).join("\n")}
    *) return 1 ;;
  esac
}

_leasehold() {
  local words="" options="" files="" valued="" argument=none place="" i
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev=""
  if [ "$COMP_CWORD" -gt 1 ]; then prev="\${COMP_WORDS[COMP_CWORD-1]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if _leasehold_place "\${place:+$place }\${COMP_WORDS[i]}"; then place="\${place:+$place }\${COMP_WORDS[i]}"; fi
  done
  _leasehold_place "$place"
  COMPREPLY=()
  case " $files " in *" $prev "*) COMPREPLY=($(compgen -f -- "$cur")); return 0 ;; esac
  case " $valued " in *" $prev "*) return 0 ;; esac
  case "$cur" in -*) COMPREPLY=($(compgen -W "$options" -- "$cur")); return 0 ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [ "$argument" = file ]; then COMPREPLY+=($(compgen -f -- "$cur")); fi
}

complete -o filenames -F _leasehold leasehold
`;
}

function zsh(places: readonly Place[]): string {
  return `#compdef leasehold
# zsh runs what is made for bash.
autoload -U +X bashcompinit && bashcompinit
${bash(places)}`;
}

const fishText = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

function fishLines({ path, commands, options, argument, choices }: Place): string[] {
  const here = `complete -c leasehold -n ${fishText(`__leasehold_at ${fishText(path)}`)}`;
  return [
    ...commands.map(({ word, summary }) => `${here} -a ${word} -d ${fishText(summary)}`),
    ...(choices.length > 0 ? [`${here} -a ${fishText(choices.join(" "))}`] : []),
    ...(argument === "file" ? [`${here} -F`] : []),
    ...options.map(({ word, summary, value }) => {
      const takes = { none: "", file: " -r -F", other: " -x" }[value];
      return `${here} -l ${word.slice(2)}${takes} -d ${fishText(summary)}`;
    }),
  ];
}

function fish(places: readonly Place[]): string {
  return `# leasehold: completion for fish. Made by: leasehold completion fish
function __leasehold_at
    set -l paths ${places.flatMap(({ path }) => (path === "" ? [] : [fishText(path)])).join(" ")}
    set -l place
    for word in (commandline -opc)
        set -l next (string join ' ' -- $place $word)
        if contains -- $next $paths
            set place $next
        end
    end
    test "$place" = "$argv[1]"
end

complete -c leasehold -f
${places.flatMap(fishLines).join("\n")}
`;
}

const WRITERS: Readonly<Record<Shell, (places: readonly Place[]) => string>> = { bash, zsh, fish };

/** The script that lets a shell complete command lines of these places. It knows them all: the program is not asked. */
export function completionScript(shell: Shell, places: readonly Place[]): string {
  return WRITERS[shell](places);
}
