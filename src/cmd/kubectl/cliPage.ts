import type { Command, Option } from "commander";
import { exitStatuses } from "./commandError.ts";
import { createProgram } from "./program.ts";

/** docs/cli.md, from the declarations of the commands. */
export function buildCliPage(): string {
  const program = createProgram({
    kubectl: () => {
      throw new Error("no command runs");
    },
    write: () => {},
    warn: () => {},
    isTerminal: false,
    now: () => 0,
    pause: () => Promise.resolve(),
    ask: () => Promise.resolve(undefined),
    setExitCode: () => {},
  });
  const shared = sharedOptions(program);
  return `${introduction}
## Exit statuses

| status | meaning |
|---|---|
${Object.values(exitStatuses)
  .map(({ code, meaning }) => `| ${code} | ${meaning} |`)
  .join("\n")}

## Options of every command on a cluster

${optionTable(shared)}

## Commands

${program.commands
  .flatMap(withSubcommands)
  .map((command) => commandSection(command, shared))
  .join("\n")}`;
}

const introduction = `# The command line: \`kubectl flink\`

With \`kubectl-flink\` on the PATH, \`kubectl flink\` says how a job is, why, and what an edit would do, before it is made. It is
\`bin/kubectl-flink\` in this repository, and a single executable by \`make plugin\`; [deploy/krew.yaml](../deploy/krew.yaml) is the
form of its manifest for krew. In the operator's image it is the command \`kubectl-flink\`, for what needs no cluster.

\`make plugin PLATFORM=windows-amd64\` (or \`linux-arm64\`, \`darwin-arm64\`) takes Node's binary for that platform from npm, for
\`darwin-arm64\` that of Node 24.0.0, the only one of Node 24 that npm has. For macOS on Intel npm has none: name one with \`NODE=\`. Sign an
executable for macOS on a Mac (\`codesign --sign - --force FILE\`), since macOS does not run a changed binary without. So the build makes
no archive of it for krew. The build checks the format of the executable and that it holds the program; those of Windows and macOS are not run in CI.

kubectl does every request, with its kubeconfig, contexts and credentials. Flink is reached through the API server's proxy, with the
caller's own rights (\`get\` on \`services/proxy\`). Nothing runs with the rights of the operator. What the caller may not read is
named in the output, and nothing is concluded from it. Commands that only show need \`get\` and \`list\`. What the operator has
recorded needs \`create\` on \`pods/portforward\` in its namespace ([adr/0031](adr/0031-record-and-replay.md)).

A plan comes from the operator's own decisions ([adr/0027](adr/0027-plans-run-the-decision-ahead.md)); the operator that runs in the
cluster may be of another version. Examples of \`status\`, \`explain\` and \`plan\` in many situations: [test/golden/cli](../test/golden/cli).

With \`-o json\` or \`-o yaml\`, a command that acts prints one document when it has ended: \`kind\`, \`namespace\`, \`name\`,
\`changed\` (false: it was so already, or is refused), \`messages\`, and what is its own: \`plan\`, \`generation\`, or the \`path\` of a
snapshot. Its lines go to standard error. Where it fails, there is no document, and the exit status says so.

Output is coloured on a terminal only; \`NO_COLOR\` switches colours off.
`;

/** The options that most commands have in common. */
function sharedOptions(program: Command): readonly Option[] {
  const flags = ["--namespace", "--context", "--kubeconfig"];
  const status = program.commands.find((command) => command.name() === "status");
  return (status?.options ?? []).filter(({ long }) => flags.includes(`${long}`));
}

const withSubcommands = (command: Command): readonly Command[] => [command, ...command.commands];

/** "snapshots prune" */
const pathOf = (command: Command): string =>
  command.parent?.parent ? `${command.parent.name()} ${command.name()}` : command.name();

function commandSection(command: Command, shared: readonly Option[]): string {
  const isShared = (option: Option) =>
    shared.some(({ long, description }) => long === option.long && description === option.description);
  const own = command.options.filter((option) => !isShared(option));
  const usage = [
    "kubectl flink",
    pathOf(command),
    ...command.registeredArguments.map((argument) =>
      argument.required ? argument.name().toUpperCase() : `[${argument.name().toUpperCase()}]`,
    ),
  ].join(" ");
  return `### ${pathOf(command)}

    ${usage}

${command.description()}
${own.length === 0 ? "" : `\n${optionTable(own)}\n`}`;
}

const optionTable = (options: readonly Option[]): string =>
  `| option | meaning |\n|---|---|\n${options.map(optionRow).join("\n")}`;

function optionRow({ flags, description, argChoices, defaultValue, mandatory }: Option): string {
  const choices =
    argChoices === undefined ? "" : ` One of ${argChoices.map((each) => `\`${each}\``).join(", ")}.`;
  const preset = defaultValue === undefined ? "" : ` Default: \`${defaultValue}\`.`;
  return `| \`${flags}\` | ${description}.${choices}${preset}${mandatory ? " Required." : ""} |`;
}
