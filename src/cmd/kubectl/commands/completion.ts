import type { Command, Option } from "commander";
import { CommandError } from "../commandError.ts";
import type { Environment } from "../environment.ts";

const shells = ["bash", "zsh", "fish", "kubectl"] as const;
type Shell = (typeof shells)[number];

export const addCompletion = (program: Command, environment: Environment): void => {
  program
    .command("completion")
    .description(
      "Print a script that completes commands and options. `kubectl`: the file kubectl_complete-flink, which kubectl itself calls " +
        "if it is executable and on the PATH.",
    )
    .argument("<shell>", shells.join(", "))
    .action((shell: string) => {
      if (!shells.includes(shell as Shell))
        throw new CommandError(`completion is for ${shells.join(", ")}, not for ${shell}`);
      environment.write(scripts[shell as Shell](wordsOf(program)));
    });
};

type Words = readonly (readonly [command: string, options: readonly string[]])[];

const wordsOf = (program: Command): Words =>
  program.commands.map((command) => [
    command.name(),
    command.options.flatMap(({ long, short }: Option) => [long, short].filter((flag) => flag != null)),
  ]);

/** One line a command, for the shells' case statements. */
const cases = (words: Words): string =>
  words.map(([command, options]) => `    ${command}) words="${options.join(" ")}" ;;`).join("\n");

const scripts: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: (words) => `# source <(kubectl-flink completion bash)
_kubectl_flink() {
  local words="${words.map(([command]) => command).join(" ")}"
  case "\${COMP_WORDS[1]}" in
${cases(words)}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${words.map(([command]) => command).join(" ")}"; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _kubectl_flink kubectl-flink
`,
  zsh: (words) => `# source <(kubectl-flink completion zsh)
autoload -U +X bashcompinit && bashcompinit
${scripts.bash(words)}`,
  fish: (words) =>
    `# kubectl-flink completion fish | source\n${words
      .map(
        ([command, options]) =>
          `complete -c kubectl-flink -n __fish_use_subcommand -a ${command}\n${options
            .filter((option) => option.startsWith("--"))
            .map(
              (option) =>
                `complete -c kubectl-flink -n "__fish_seen_subcommand_from ${command}" -l ${option.slice(2)}\n`,
            )
            .join("")}`,
      )
      .join("")}`,
  kubectl: (words) => `#!/bin/sh
# Save as kubectl_complete-flink, executable and on the PATH.
words="${words.map(([command]) => command).join(" ")}"
if [ $# -gt 1 ]; then
  case "$1" in
${cases(words)}
  esac
fi
printf '%s\\n' $words
echo ":0"
`,
};
