import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { APP_LABEL } from "../../../src/api/v1beta1/names.ts";
import { explanationText } from "../../../src/cmd/kubectl/explanationText.ts";
import { explain } from "../../../src/core/plan/explanation.ts";
import type { Start } from "../../../src/core/plan/foresee.ts";
import { type Plan, planOf } from "../../../src/core/plan/plan.ts";
import { noColours } from "../../../src/views/format.ts";
import { planText } from "../../../src/views/planText.ts";
import { statusText } from "../../../src/views/statusView.ts";
import { OperatorProcess } from "../operatorProcess.ts";
import { planOfNewSnapshot } from "../planOfSnapshot.ts";
import { seenStarts, waitForStep, withEdit } from "../seenStarts.ts";
import { workloadNamed } from "../workloads/all.ts";
import { resourceName } from "../workloads/resource.ts";
import { namespace, World } from "../world/world.ts";
import { type Situation, situations } from "./situations.ts";

/** What the commands print in each situation, by the path of the golden file. */
export const buildGoldenPages = async (): Promise<[path: string, content: string][]> => {
  const pages: [string, string][] = [];
  for (const situation of situations)
    pages.push([`test/golden/cli/${situation.name}.txt`, await buildPage(situation)]);
  return pages;
};

const buildPage = async ({
  workload,
  steps,
  resource = resourceName,
  plansNextStep,
}: Situation): Promise<string> => {
  const world = new World({ seed: 1 });
  new OperatorProcess(world, 1, 1, () => {});
  const scenario = workloadNamed(workload);
  for (const step of scenario.steps.slice(0, steps)) {
    world.journal.add({ event: "step", note: step.name });
    step.act?.(world);
    await waitForStep(step, world);
  }
  const starts = await world.run(seenStarts(world));
  const start = starts.find(({ resource: { metadata } }) => metadata.name === resource);
  if (start === undefined) throw new Error(`${workload} has no ${resource} after ${steps} steps`);
  const title = `${start.kind.type.kind} ${namespace}/${resource}`;
  const now = world.clock.now();
  const sections = [
    `# After: ${scenario.steps
      .slice(0, steps)
      .map(({ name }) => name)
      .join("; ")}\n`,
    `$ kubectl flink status ${resource}\n${statusOf(world, start, now)}`,
    `$ kubectl flink explain ${resource}\n${explanationText(title, explain(start), now, noColours)}`,
  ];
  const next = plansNextStep ? scenario.steps[steps] : undefined;
  if (next !== undefined) {
    next.act?.(world);
    const plan = planOfEdit(world, starts) ?? (await world.run(planOfNewSnapshot(world)));
    if (plan === undefined) throw new Error(`${workload}: "${next.name}" edits nothing`);
    sections.push(`$ kubectl flink plan -f FILE    # ${next.name}\n${planText(plan, noColours)}`);
  }
  return sections.join("\n");
};

function planOfEdit(world: World, starts: readonly Start[]): Plan | undefined {
  const [edited] = starts.flatMap((each) => withEdit(world, each));
  const jobs = starts.filter(({ facts }) => facts.session?.name === edited?.resource.metadata.name);
  return edited && planOf(edited, jobs);
}

const statusOf = (world: World, { kind, resource, facts }: Start, now: number): string => {
  const object = world.server.find(kind.type, namespace, resource.metadata.name) as KubeObject;
  const cluster = facts.session?.name ?? resource.metadata.name;
  const pods = world.server
    .list(resourceTypes.pod, { namespace })
    .filter(({ metadata }) => metadata.labels?.[APP_LABEL] === cluster);
  const snapshots = world.server
    .list(resourceTypes.flinkStateSnapshot, { namespace })
    .filter(
      ({ spec }) =>
        (spec as { jobReference?: { name?: string } }).jobReference?.name === resource.metadata.name,
    );
  return statusText({ ...object, kind: kind.type.kind }, { pods, snapshots, unread: [] }, now, noColours);
};
