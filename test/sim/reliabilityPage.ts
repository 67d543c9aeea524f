import { invariants } from "./invariants.ts";
import { isKilled, type MutantRecord } from "./mutants/record.ts";
import { planKinds } from "./planKinds.ts";
import knownFailures from "./results/open.json" with { type: "json" };
import type { Totals } from "./totals.ts";
import { crashes, onlyKnown, turns } from "./turns.ts";
import { core } from "./workloads/core.ts";

/** docs/reliability.md, from what the last full runs of the suite came to. */
export const buildReliabilityPage = (totals: Totals, mutants: readonly MutantRecord[]): string => {
  const names = Object.keys(totals.plans);
  const rows = Object.entries(totals.descriptions).map(([name, description]) => [
    `\`${name}\``,
    description,
    ...names.map((kind) => String(totals.plans[kind]?.[name] ?? 0)),
  ]);
  const passed = names.map((kind) => sum(Object.values(totals.plans[kind] ?? {})));
  const failed = totals.failedPlans.length;
  return `# Reliability

What goes wrong in the fault suite, what has to hold all the same, how often what runs, and how you can check for yourself
that the suite is able to fail.

${provenance(totals)}

**${sum(passed)} plans passed, ${failed} failed. ${noticed(mutants)}**

${openPlans(totals)}A *plan* is one run of the whole operator (the program that is deployed, not parts of it) against a simulated
Kubernetes with simulated Flink clusters, in virtual time, while one thing goes wrong at one exact place. A *workload* is
what a user does: deploy, edit, suspend, delete. Nobody writes plans: each workload is first run without a fault, and every
write, watch event and Flink call of that run becomes a place where things go wrong. Equal plans give equal runs, so
every failure can be played again.

## What goes wrong

| kind | plans | what happens |
|---|--:|---|
| fault-free | ${sum(Object.values(totals.plans["fault-free"] ?? {}))} | nothing: the others are compared with this run |
${planKinds.map(({ name, description }) => `| ${name} | ${sum(Object.values(totals.plans[name] ?? {}))} | ${description} |`).join("\n")}

## What has to hold in every one of them

${invariants.map(({ name, description }) => `- **${name}**: ${description}`).join("\n")}

Where the world itself leaves another end open, the suite says exactly which (\`test/sim/allowances.ts\`): nothing is
forgiven in general.

## Plans by workload

| workload | what the user does | ${names.join(" | ")} |
|---|---|${names.map(() => "--:").join("|")}|
${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}

## How often what runs

\`make test\` runs on every commit. Part of the suite takes turns: the number of commits decides whose turn it is, so that
so many commits in a row run every plan once. \`make test\` prints its turn, and \`TEST_TURN=N make test\` repeats it.

| what | on |
|---|---|
| each workload without a fault; edits of the spec; tests of the simulation itself | every commit |
| plans that have killed a mutant; plans that have shown a bug (\`test/sim/bugs/regressionPlans.test.ts\`) | every commit |
| all mutants, each against the plan or the unit test that killed it last time (where both did, the plan on one of four commits); where that passes, against all others | every commit |
| all mutants, each against both | before a release |
| ${[...crashes].join(" and ")} plans of the ${core.size} core workloads | one of ${turns.crashOfCore} commits |
| edits of pod templates and of the configuration, by field | one of ${turns.edits} commits |
| the other plans of the core workloads | one of ${turns.core} commits |
| the plans of the other workloads, which are variations of these | one of ${turns.variation} commits${onlyKnown ? "; so far one of sixteen plans: the others take turns once a run of all of them is recorded without a failure" : ""} |
| each scenario on real Flink (\`make e2e\`) | every commit, the less central ones one of two (\`turns\`), on one of two Flink versions in turn |
| chaos on real Flink | every commit in its short form |
| everything (\`make test-all\`): every plan in one run, each scenario on each version, long chaos | before a release; [the last runs](reference/test-cost.md) |

A plan that fails is added to \`test/sim/bugs/regressionPlans.test.ts\` together with the correction of what it showed.

## Open

${openOnes(knownFailures)}

## Edits of the resource

Besides these plans, every field of the resource of a running job is set, changed, driven to its extremes and removed.
Each edit has to end as applied or as refused with an error that names the field, and has to be taken back without a
trace.

| kind of edit | applied or refused, and taken back |
|---|--:|
${Object.entries(totals.edits)
  .map(([kind, { failed: _, ...ended }]) => `| ${kind} | ${sum(Object.values(ended))} |`)
  .join("\n")}

## Would it notice?

A check that cannot fail proves nothing. So the tests run against mutants: the operator with one realistic mistake in it,
in memory. A mutant is killed by a plan or by a unit test that fails. One that was killed before and survives fails the build.
Parts of the operator are out of the fault suite's reach: the simulation replaces the clients of the API server and of
JobManagers; its plans have no leader election (the tests of shards have), no webhook and no metrics. Against a mutant there only unit tests run.
The search for a plan that kills a mutant ends after some time: one without a plan here may have one among those that did not run.

${shares(mutants)}${survivors(mutants)}
| the operator … | killed by the plan | violated invariant | killed by the unit test |
|---|---|---|---|
${mutants.filter(isKilled).map(mutantRow).join("\n")}

## What this does not show

The simulated Kubernetes and Flink are as good as what they are held to: the same table of cases runs against the real
ones (\`make integration\`, \`make e2e\`), and a difference fails there. Timing of real machines, networks and disks is not
simulated: \`make chaos\` kills the operator, JobManagers and the API server's connections on a real cluster.

## Play it yourself

    make sim                # what runs on this commit; ends with the number of plans by kind and "N passed, N failed"
    make sim-all            # every plan
    make sim-mutants        # all mutants; ends with "N killed, M survived"
    make reliability        # every plan and all mutants, and writes this page from what they came to

    # one plan, step by step: who did what at which time, and what each write changed in the status
    SIM_PLAN='upgrade-savepoint crash-after 12' npm run sim -- test/sim/replay

    # the same with a mutant
    npm run sim:mutant -- trigger-id-not-persisted 'upgrade-savepoint crash-after 15'

    # unit tests with a mutant
    MUTANT=wake-during-pass-lost npm run unit -- src/runtime

A plan that fails prints its command. The plans, invariants and the simulated world are in \`test/sim\`; its README says how to
add a workload.
`;
};

const provenance = ({ everything, sample }: Totals): string =>
  everything && sample === 1
    ? "All figures are those of the last recorded run of every plan (`make reliability`)."
    : "All figures are those of the last recorded run, which left plans to other commits: `make reliability` runs every " +
      "plan and writes this page anew.";

/** What failed is not hidden. */
/** A table needs a row. */
const openOnes = (known: readonly { plan: string; what: string }[]): string =>
  known.length === 0
    ? "No plan is known to fail."
    : [
        "These plans fail, and nobody has decided yet whether the operator or the suite is wrong. `make sim-all` runs them and fails;",
        "commits leave them out.",
        "",
        "| plan | what happens |",
        "|---|---|",
        ...known.map(({ plan, what }) => `| \`${plan}\` | ${what} |`),
      ].join("\n");

const openPlans = ({ failedPlans }: Totals): string =>
  failedPlans.length === 0 ? "" : `Failed: ${failedPlans.map((plan) => `\`${plan}\``).join(", ")}.\n\n`;

function noticed(mutants: readonly MutantRecord[]): string {
  const killed = mutants.filter(isKilled).length;
  return killed === mutants.length
    ? `${killed} mutants, all of them killed.`
    : `${mutants.length} mutants, ${killed} of them killed.`;
}

/** What each kind of tests notices on its own. */
function shares(mutants: readonly MutantRecord[]): string {
  const reachable = mutants.filter(({ outOfReach }) => outOfReach === undefined);
  const share = (of: readonly MutantRecord[], isNoticed: (mutant: MutantRecord) => boolean): string => {
    const count = of.filter(isNoticed).length;
    return `${count} of ${of.length} | ${of.length === 0 ? 0 : Math.floor((100 * count) / of.length)} %`;
  };
  return `| noticed by | mutants | share |
|---|--:|--:|
| unit tests alone | ${share(mutants, ({ unitTest }) => unitTest !== undefined)} |
| the fault suite alone, of those in its reach | ${share(reachable, ({ plan }) => plan !== undefined)} |
| either | ${share(mutants, isKilled)} |
`;
}

function survivors(mutants: readonly MutantRecord[]): string {
  const left = mutants.filter((mutant) => !isKilled(mutant));
  return left.length === 0
    ? ""
    : `
Nothing notices these yet:

| mutant | the operator … |
|---|---|
${left.map(({ name, fault }) => `| \`${name}\` | ${fault} |`).join("\n")}
`;
}

function mutantRow({ fault, outOfReach, plan, invariant, unitTest }: MutantRecord): string {
  const byPlan = plan === undefined ? [outOfReach ?? "", ""] : [`\`${plan}\``, invariant];
  const byTest = unitTest === undefined ? "" : `\`${unitTest.file}\`: ${inTable(unitTest.test)}`;
  return `| ${[fault, ...byPlan, byTest].join(" | ")} |`;
}

const inTable = (text: string): string => text.replaceAll("|", "\\|");

const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);
