import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Course } from "./course.ts";

const file = join(import.meta.dirname, "courses.jsonl");

type Line = { workload: string } & (Omit<Course, "steps"> | Course["steps"][number]);

export const readCourses = (): Record<string, Course> => {
  const courses: Record<string, Course> = {};
  for (const text of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
    const { workload, ...line } = JSON.parse(text) as Line;
    const known = courses[workload];
    if ("passes" in line) courses[workload] = { ...line, steps: [] };
    else if (known !== undefined) courses[workload] = { ...known, steps: [...known.steps, line] };
  }
  return courses;
};

/** A line for each step, so that a change of one is a change of one line. */
export const writeCourses = (courses: Readonly<Record<string, Course>>): void => {
  const entries = Object.entries(courses).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = entries.flatMap(([workload, { steps, ...whole }]) => [
    { workload, ...whole },
    ...steps.map((step) => ({ workload, ...step })),
  ]);
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
};
