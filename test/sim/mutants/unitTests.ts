import { dirname, join, relative } from "node:path";
import { createVitest, type TestModule, type TestSpecification } from "vitest/node";
import type { Mutant } from "./mutant.ts";
import { sources } from "./plant.ts";
import { mutantVariable } from "./plantPlugin.ts";
import type { UnitTest } from "./record.ts";

/** Runs unit tests against one mutant after the other in one process: what a start costs is paid once. */
export interface UnitTests {
  /**
   * The test that fails with the mutant: of the file `known` if that has one, else of all files that depend on the changed
   * sources, the nearest first. Undefined: none.
   */
  failing(mutant: Mutant, known?: string): Promise<UnitTest | undefined>;
  close(): Promise<void>;
}

const root = join(sources, "..");

/** At most so many files run before it is seen whether a test has failed. */
const batchSize = 12;

export async function createUnitTests(): Promise<UnitTests> {
  const vitest = await createVitest("test", {
    project: ["unit"],
    watch: false,
    bail: 1,
    // Files that share their modules take a fraction of the time; a file that fails then is run again on its own.
    isolate: false,
    pool: "threads",
    maxWorkers: 1,
    reporters: [{}],
  });
  await vitest.globTestSpecifications();

  async function run(mutant: Mutant, files: readonly TestSpecification[], planted: boolean) {
    process.env[mutantVariable] = planted ? mutant.name : "";
    for (const file of sourcesOf(mutant)) vitest.invalidateFile(file);
    const asked = new Set(files.map(({ moduleId }) => moduleId));
    const { testModules } = await vitest.runTestSpecifications([...files]);
    // What was planted must not stay for the next mutant.
    process.env[mutantVariable] = "";
    for (const file of sourcesOf(mutant)) vitest.invalidateFile(file);
    const failed = testModules.filter((each) => asked.has(each.moduleId) && each.state() === "failed");
    const result = failed.map(failureOf)[0];
    // What has failed counts for the limit of failures (bail) of the next run.
    for (const [project, paths] of Map.groupBy(testModules, ({ project }) => project))
      vitest.state.clearFiles(
        project,
        paths.map(({ moduleId }) => moduleId),
      );
    return result;
  }

  async function related(mutant: Mutant): Promise<TestSpecification[]> {
    // Vitest's own graph of dependencies, which it otherwise gets from the command line.
    (vitest.config as { related?: string[] }).related = sourcesOf(mutant);
    const found = await vitest.getRelevantTestSpecifications();
    return (
      found
        // Those of the scripts build tools first, and take minutes.
        .filter(({ moduleId }) => moduleId.startsWith(sources))
        .sort((a, b) => distance(mutant, a.moduleId) - distance(mutant, b.moduleId))
    );
  }

  /** A test that fails without the mutant too, as under a heavy load, says nothing about it. */
  const failsAnyway = async (mutant: Mutant, { file }: UnitTest): Promise<boolean> =>
    (await run(mutant, vitest.getModuleSpecifications(join(root, file)), false)) !== undefined;

  async function firstFailure(
    mutant: Mutant,
    files: readonly TestSpecification[],
  ): Promise<UnitTest | undefined> {
    const found = files.length === 0 ? undefined : await run(mutant, files, true);
    if (found === undefined || !(await failsAnyway(mutant, found))) return found;
    return firstFailure(
      mutant,
      files.filter(({ moduleId }) => moduleId !== join(root, found.file)),
    );
  }

  return {
    async failing(mutant, known) {
      const first = known === undefined ? [] : vitest.getModuleSpecifications(join(root, known));
      const failedAgain = first.length === 0 ? undefined : await run(mutant, first, true);
      if (failedAgain !== undefined) return failedAgain;
      const files = await related(mutant);
      // Most are noticed by a test nearby: the batches grow.
      for (let at = 0, size = 1; at < files.length; at += size, size = Math.min(3 * size, batchSize)) {
        const found = await firstFailure(mutant, files.slice(at, at + size));
        if (found !== undefined) return found;
      }
      return undefined;
    },
    close: () => vitest.close(),
  };
}

const sourcesOf = ({ edits }: Mutant): string[] => [...new Set(edits.map(({ file }) => join(sources, file)))];

function failureOf(module: TestModule): UnitTest {
  const [test] = module.children.allTests("failed");
  return { file: relative(root, module.moduleId), test: test?.fullName ?? "the file cannot be loaded" };
}

/** How far a test file is from the changed source: 0 for the one beside it. */
function distance(mutant: Mutant, test: string): number {
  const far = sourcesOf(mutant).map((source) => {
    if (test === source.replace(/\.ts$/, ".test.ts")) return 0;
    return 1 + relative(dirname(source), dirname(test)).split("/").filter(Boolean).length;
  });
  return Math.min(...far);
}
