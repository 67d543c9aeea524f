import type { TestProject } from "vitest/node";
import { controlPlanes, startControlPlane, stopControlPlane } from "./controlPlane.ts";
import { isAlive } from "./isAlive.ts";

/** Gives the tests of one run a control plane; runs at the same time do not meet. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const name of await controlPlanes()) {
    const [, pid] = /^(?:tests|crd)-(\d+)$/.exec(name) ?? [];
    // Of a run that was killed.
    if (pid !== undefined && !isAlive(Number(pid))) await stopControlPlane(name);
  }
  const plane = await startControlPlane(`tests-${process.pid}`);
  project.provide("controlPlane", plane);
  return () => stopControlPlane(plane.name);
}
