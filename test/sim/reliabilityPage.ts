import { invariants } from "./invariants.ts";
import type { KilledMutant } from "./mutants/killed.ts";
import { planKinds } from "./planKinds.ts";
import type { Totals } from "./totals.ts";

/** docs/reliability.md, from what the last full runs of the suite came to. */
export const buildReliabilityPage = (totals: Totals, mutants: readonly KilledMutant[]): string => {
  const names = Object.keys(totals.plans);
  const rows = Object.entries(totals.stories).map(([name, story]) => [
    `\`${name}\``,
    story,
    ...names.map((kind) => String(totals.plans[kind]?.[name] ?? 0)),
  ]);
  const passed = names.map((kind) => sum(Object.values(totals.plans[kind] ?? {})));
  const failed = totals.failedPlans.length;
  return `# Reliability

What is done to this operator on every commit before it is let near a job, what it has to keep to, and how you can see
for yourself that the check is not hollow.

${provenance(totals)}

**${sum(passed)} plans passed, ${failed} failed. ${mutants.length} mistakes were planted on purpose; every one was noticed.**

${openPlans(totals)}A *plan* is one run of the whole operator (the program that is deployed, not parts of it) against a simulated
Kubernetes with simulated Flink clusters, in virtual time, while one thing goes wrong at one exact place. A *workload* is
what a user does: deploy, edit, suspend, delete. Nobody writes plans: each workload is first played fault-free, and every
write, watch event and Flink call of that run becomes a place where things go wrong. Equal plans give equal runs, so
every failure can be played again.

## What goes wrong

| kind | plans | what happens |
|---|--:|---|
| fault-free | ${sum(Object.values(totals.plans["fault-free"] ?? {}))} | nothing: this is what the others are held against |
${planKinds.map(({ name, description }) => `| ${name} | ${sum(Object.values(totals.plans[name] ?? {}))} | ${description} |`).join("\n")}

## What has to hold in every one of them

${invariants.map(({ name, description }) => `- **${name}**: ${description}`).join("\n")}

Where the world itself leaves another end open, the suite says exactly which (\`test/sim/allowances.ts\`): nothing is
forgiven in general.

## Plans by workload

| workload | what the user does | ${names.join(" | ")} |
|---|---|${names.map(() => "--:").join("|")}|
${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}

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

A check that cannot fail proves nothing. So realistic mistakes are planted in the operator, one at a time, in memory, and
plans are played until one of them violates an invariant. A mistake that nobody notices fails the build.

| the operator … | noticed by the plan | violated invariant |
|---|---|---|
${mutants.map(({ fault, plan, invariant }) => `| ${fault} | \`${plan}\` | ${invariant} |`).join("\n")}

## What this does not show

The simulated Kubernetes and Flink are as good as what they are held to: the same table of cases runs against the real
ones (\`make integration\`, \`make e2e\`), and a difference fails there. Timing of real machines, networks and disks is not
simulated: \`make chaos\` kills the operator, JobManagers and the API server's connections on a real cluster.

## Play it yourself

    make sim                # what is played on every commit; ends with the number of plans by kind and "N passed, N failed"
    make sim-mutants        # every planted mistake; ends with "N killed, M survived"
    make reliability        # both, and writes this page from what they came to

    # one plan, step by step: who did what at which time, and what each write changed in the status
    SIM_PLAN='upgrade-savepoint crash-after 12' npm run sim -- test/sim/replay

    # the same with a planted mistake
    npm run sim:mutant -- trigger-id-not-persisted 'upgrade-savepoint crash-after 15'

A plan that fails prints its command. The plans, invariants and the simulated world are in \`test/sim\`; its README says how to
add a workload.
`;
};

const provenance = ({ sample }: Totals): string =>
  sample === 1
    ? "All figures are those of the last recorded run. Of the core workloads such a run plays every plan, of the " +
      "others, which are variations, one of sixteen; `make sim-all` plays everything."
    : `All figures are those of a sample, one of ${sample} plans of each kind: \`make reliability\` plays all of them and ` +
      "writes this page anew.";

/** What failed is not hidden. */
const openPlans = ({ failedPlans }: Totals): string =>
  failedPlans.length === 0 ? "" : `Failed: ${failedPlans.map((plan) => `\`${plan}\``).join(", ")}.\n\n`;

const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);
