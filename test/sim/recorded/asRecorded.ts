import type { Violation } from "../violation.ts";
import { differences } from "../world/json.ts";
import type { Course } from "./course.ts";
import { readCourses } from "./file.ts";

const invariant = "as recorded";
const known = new Map(Object.entries(readCourses()));

/**
 * A run without a fault goes as it is recorded: the other plans are compared with it, so what is wrong in it too is not found by
 * them. Who changes the operator on purpose records anew (`npm run sim:record`), and reads the differences.
 */
export const asRecorded = (workload: string, course: Course): Violation[] => {
  const recorded = known.get(workload);
  if (recorded === undefined) return [{ invariant, message: "no record: npm run sim:record", at: 0 }];
  return differences(recorded, course).map((message) => ({ invariant, message, at: 0 }));
};
