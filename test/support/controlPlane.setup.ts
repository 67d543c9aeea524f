import type { TestProject } from "vitest/node";
import { startControlPlane, stopControlPlane } from "./controlPlane.ts";

/** Gives the tests of one run a control plane; runs at the same time do not meet. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const plane = await startControlPlane(`tests-${process.pid}`);
  project.provide("controlPlane", plane);
  return () => stopControlPlane(plane.name);
}
