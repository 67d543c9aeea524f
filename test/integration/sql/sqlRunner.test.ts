import { beforeAll, describe, expect, it } from "vitest";
import { flinkReleases } from "../../../images/versions.ts";
import { readCheckMessage } from "../../../src/core/sql/checkMessage.ts";
import { exampleScripts, finite } from "./examples.ts";
import { jobId, type Outcome, runMany } from "./runMany.ts";
import { accepted, comparisons, hidden, job, plans, refused } from "./scripts.ts";

/** The SQL runner against real Flink. */

/** Those examples whose connectors Flink itself has are run; the others need a jar. */
const isRunnable = (file: string) => file !== "sql-connector.yaml";
const entries = Object.entries(exampleScripts);
const runnable = Object.fromEntries(
  entries.filter(([file]) => isRunnable(file)).map(([file, script]) => [file, finite(script)]),
);
const others = Object.fromEntries(entries.filter(([file]) => !isRunnable(file)));

for (const release of flinkReleases) {
  describe(`Flink ${release.version}`, () => {
    const scripts = { ...refused, ...accepted, ...plans, ...comparisons, job, ...runnable, ...others };
    let outcomes: Record<string, Outcome> = {};
    let everything = "";

    beforeAll(async () => {
      ({ outcomes, everything } = await runMany(release, scripts));
    });

    const outcome = (name: string): Outcome => {
      const found = outcomes[name];
      if (found === undefined) throw new Error(`no outcome of "${name}"`);
      return found;
    };

    it.each(Object.entries(refused))("%s is refused", (name, { problem, sql }) => {
      const { thrown, caused, printed, checked, problem: told } = outcome(name);
      const place = told?.line === undefined ? "" : `line ${told.line}, column ${told.column}: `;
      const file = Array.isArray(sql) ? `${told?.file}, ` : "";
      const beginning = `sql: ${file}${place}`;
      expect(told?.message.startsWith(beginning)).toBe(true);
      const what = told?.message.slice(beginning.length);
      expect({ ...told, message: what }, printed).toMatchObject(problem);
      // Nothing else of a script that may come from a Secret.
      expect(["message", "file", "line", "column"]).toEqual(expect.arrayContaining(Object.keys(told ?? {})));
      expect(thrown?.startsWith(`flink.operator.sql.SqlProblem: ${told?.message.slice(0, 900)}`)).toBe(true);
      expect(thrown?.length).toBeLessThan(2100);
      expect(Buffer.byteLength(JSON.stringify({ sql: told }))).toBeLessThanOrEqual(4096);
      expect(caused).toBe(false);
      expect(checked).toEqual({ sql: told });
    });

    it.each(Object.entries(accepted))("%s: accepted", (name, { kinds, sinks = ["snk"] }) => {
      const { plan, thrown, printed } = outcome(name);
      expect(thrown).toBeUndefined();
      expect(printed).not.toContain("changed:");
      const definitions = ["CREATE TABLE", "CREATE TABLE", "CREATE TABLE"];
      expect(plan?.statements.map(({ kind }) => kind)).toEqual([...definitions, ...kinds]);
      if (sinks.length > 0)
        expect(plan?.sinks).toEqual(sinks.map((sink) => `default_catalog.default_database.${sink}`));
      expect(plan?.operators.length).toBeGreaterThan(1);
    });

    it("two INSERTs have the operators of a statement set", () => {
      expect(outcome("two INSERTs").plan?.operators).toEqual(
        outcome("EXECUTE STATEMENT SET").plan?.operators,
      );
      expect(outcome("two INSERTs").plan?.operators).toEqual(outcome("BEGIN and END").plan?.operators);
    });

    it("a plan has the operators with what they compute", () => {
      expect(outcome("sum").plan).toMatchObject({ flink: release.version });
      const operators = outcome("sum").plan?.operators ?? [];
      expect(operators.map(({ id }) => id)).toEqual(
        operators.map(() => expect.stringMatching(/^[0-9a-f]{32}$/)),
      );
      expect(operators).toContainEqual({
        id: expect.anything(),
        name: "GroupAggregate",
        stateful: true,
        description: "GroupAggregate(groupBy=[id], select=[id, SUM(v)]) of [INT, BIGINT]",
      });
      expect(outcome("sum, written otherwise").plan?.operators).toEqual(operators);
      expect(outcome("packed").plan?.operators).toEqual(operators);
    });

    it("SUM and MAX have equal ids and different descriptions", () => {
      const ids = (name: string) => outcome(name).plan?.operators.map(({ id }) => id);
      const aggregate = (name: string) =>
        outcome(name).plan?.operators.find((each) => each.name === "GroupAggregate")?.description;
      expect(ids("max")).toEqual(ids("sum"));
      expect(aggregate("max")).toContain("MAX(v)");
      expect(ids("other types")).toEqual(ids("sum"));
      expect(aggregate("other types")).toContain("of [INT, INT]");
    });

    it("values of a variable differ in a plan, although it does not have them", () => {
      const aggregate = (name: string) =>
        outcome(name).plan?.operators.find((each) => each.name === "GroupAggregate")?.description;
      const expected = /select=\[id, \$\{how\}\(v\)\]\) of \[INT, BIGINT\] \(values [0-9a-f]{4}\)$/;
      expect(aggregate("sum by a variable")).toMatch(expected);
      expect(aggregate("max by a variable")).toMatch(expected);
      expect(aggregate("max by a variable")).not.toBe(aggregate("sum by a variable"));
    });

    it("another table of the same connector keeps the sink's state", () => {
      const stateful = (name: string) =>
        outcome(name)
          .plan?.operators.filter((each) => each.stateful)
          .map(({ id, description }) => ({ id, description }));
      expect(stateful("sum into another table")).toEqual(stateful("sum"));
      expect(stateful("sum")?.at(-1)?.description).toBe("Sink: Writer by blackhole");
    });

    it("what uses a function tells its class", () => {
      const calc = outcome("function once").plan?.operators.find(({ name }) => name === "Calc");
      expect(calc).toMatchObject({ stateful: false });
      expect(calc?.description).toContain("f = flink.operator.sql.test.Twice");
    });

    it("a comparison has the operators with state that differ", () => {
      const compared = (name: string) =>
        readCheckMessage(JSON.stringify({ checked: outcome(name).compared }));
      expect(outcome("the same").compared).toEqual({ running: [], next: [] });
      expect(compared("the same")).toEqual({});
      expect(outcome("a variable more, which is not used").compared).toEqual({ running: [], next: [] });
      const aggregate = (how: string) =>
        `GroupAggregate(groupBy=[id], select=[id, ${how}(v)]) of [INT, BIGINT]`;
      expect(compared("another aggregate")).toEqual({
        stateLosses: [`${aggregate("MAX")} would go on from the state of ${aggregate("SUM")}`],
      });
      expect(compared("another value of a variable")?.stateLosses).toEqual([
        expect.stringMatching(
          /\$\{how\}\(v\).*\(values \w+\) would go on from .*\$\{how\}\(v\).*\(values \w+\)$/,
        ),
      ]);
      expect(compared("a query more")?.stateLosses).toEqual([
        "Sink: Writer by blackhole starts again without state, because the change moves it in the graph",
      ]);
      expect(compared("a filter before an aggregate")?.stateLosses).toContain(
        `${aggregate("SUM")} starts again without state, because the change moves it in the graph`,
      );
      expect(compared("a wrong script that ran")?.uncompared).toMatch(/^sql: line 1, column 1: /);
      expect(compared("a script that is gone")?.uncompared).toMatch(/^sql: --script cannot be read: /);
      expect(Object.keys(outcome("sum").compared ?? {})).toEqual([]);
    });

    it("a comparison fits into a termination message", () => {
      const { compared } = outcome("more than a message holds");
      expect(Buffer.byteLength(JSON.stringify({ checked: compared }))).toBeLessThanOrEqual(4096);
      const { running = [], left = 0 } = compared ?? {};
      expect(running.length).toBeGreaterThan(10);
      expect(running.length + left).toBe(60);
    });

    it("says what depends on a table that only the script creates", () => {
      const { plan } = outcome("unvalidated");
      expect(plan?.statements.at(-1)).toMatchObject({ kind: "INSERT", validated: false });
      expect(plan?.operators).toEqual([]);
    });

    it("runs two INSERTs as one job with the given id", () => {
      expect(outcome("job").thrown).toBeUndefined();
      const finished = [
        ...everything.matchAll(/Job (.*) \(([0-9a-f]{32})\) switched from state RUNNING to FINISHED/g),
      ];
      expect(finished.filter(([, name]) => name === "two sinks").map(([, , id]) => id)).toEqual([jobId]);
      expect(everything.match(/row> \+I\[[123]\]/g)).toHaveLength(3);
    });

    it.each(Object.keys(runnable))("runs examples/%s to its end, as one job", (file) => {
      expect(outcome(file).thrown).toBeUndefined();
      const ended = everything.match(/Job .* \([0-9a-f]{32}\) switched from state RUNNING to FINISHED/g);
      expect(ended).toHaveLength(1 + Object.keys(runnable).length);
    });

    it.each(Object.keys(others))("examples/%s is right up to its connector, which Flink has not", (file) => {
      const [, connector] = /'connector' = '(\w+)'/.exec(String(exampleScripts[file]?.sql)) ?? [];
      expect(outcome(file).problem?.message).toContain(
        `Could not find any factory for identifier '${connector}'`,
      );
    });

    it("prints no value of a variable", () => {
      expect(everything).not.toContain(hidden);
    });
  });
}
