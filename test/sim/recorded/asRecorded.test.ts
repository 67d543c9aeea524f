import { expect, test } from "vitest";
import { workloads } from "../workloads/all.ts";
import { asRecorded } from "./asRecorded.ts";
import type { Course } from "./course.ts";
import { readCourses } from "./file.ts";

const courses = readCourses();

test("each workload is recorded, and nothing else", () => {
  expect(Object.keys(courses)).toEqual(workloads.map(({ name }) => name).sort());
});

test("a run that differs from its record is named with the difference", () => {
  const recorded = courses["first-deploy"] as Course;
  const [step] = recorded.steps;
  if (step === undefined) throw new Error("no step is recorded");
  const act = "create Deployment sample";
  const changed = { ...recorded, steps: [{ ...step, acts: { ...step.acts, [act]: 2 } }] };
  expect(asRecorded("first-deploy", recorded)).toEqual([]);
  expect(asRecorded("first-deploy", changed).map(({ message }) => message)).toEqual([
    `steps.0.acts.${act}: 1 → 2`,
  ]);
  expect(asRecorded("no such workload", recorded)).toHaveLength(1);
});
