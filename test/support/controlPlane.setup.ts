import type { TestProject } from "vitest/node";
import { controlPlanes, startControlPlane, stopControlPlane } from "./controlPlane.ts";
import { isAlive } from "./isAlive.ts";

/** Starts a control plane for the tests of one run; concurrent runs have their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const name of await controlPlanes()) {
    const [, pid] = /^(?:tests|crd|other)-(\d+)$/.exec(name) ?? [];
    // A left-over of a run that was killed.
    if (pid !== undefined && !isAlive(Number(pid))) await stopControlPlane(name);
  }
  const plane = await startControlPlane(`tests-${process.pid}`);
  project.provide("controlPlane", plane);
  return () => stopControlPlane(plane.name);
}
