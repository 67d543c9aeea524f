/**
 * Records what each workload comes to without a fault (courses.jsonl): node record.ts [WORKLOAD...]
 *
 * With names, the others stay as they are recorded. Prints what has changed.
 */
import { run } from "../harness.ts";
import { workloads } from "../workloads/all.ts";
import { differences } from "../world/json.ts";
import { type Course, courseOf } from "./course.ts";
import { readCourses, writeCourses } from "./file.ts";

const asked = process.argv.slice(2);
const before = readCourses();
const courses: Record<string, Course> = {};
for (const { name } of workloads) {
  const kept = before[name];
  if (asked.length > 0 && !asked.includes(name)) {
    if (kept !== undefined) courses[name] = kept;
    continue;
  }
  const { world, passes, violations, restCalls } = await run({ workload: name, seed: 1 });
  const others = violations.filter(({ invariant }) => invariant !== "as recorded");
  for (const { invariant, message } of others) console.error(`${name}: ${invariant}: ${message}`);
  if (others.length > 0) process.exitCode = 1;
  courses[name] = courseOf(world, passes.length, restCalls.length);
  for (const line of differences(kept, courses[name])) console.log(`${name}: ${line}`);
}
writeCourses(courses);
