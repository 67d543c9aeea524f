import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import type { Problem, Script } from "./runMany.ts";

/** Parts of values, which must appear in no output. */
export const hidden = randomBytes(6).toString("hex");
export const secret = `s'3cr;t-${hidden}`;

const tables = `CREATE TABLE src (id INT, v BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '20');
CREATE TABLE snk (id INT, v BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE other (id INT, v BIGINT) WITH ('connector' = 'blackhole');
`;
const insert = "INSERT INTO snk SELECT id, v FROM src;\n";
const sum = (aggregate: string, from = "src") =>
  `INSERT INTO snk SELECT id, ${aggregate}(v) AS total FROM ${from} GROUP BY id;\n`;

/** What is wrong, and what is said: the position is that of the user's text. */
export const refused: Record<string, Script & { problem: Partial<Problem> & { message: unknown } }> = {
  "a misspelt word": {
    sql: `${tables}INSERT INTO snk SELECT id, v FRM src;`,
    problem: { line: 4, column: 34, message: 'Encountered "src"' },
  },
  "a misspelt first word, of which Flink tells no position": {
    sql: `${tables}\n  INSRT INTO snk SELECT id, v FROM src;`,
    problem: { line: 5, column: 3, message: expect.stringMatching(/^Non-query expression/) },
  },
  "an unclosed quotation": {
    sql: `${tables}INSERT INTO snk SELECT id, v FROM src WHERE 'a = 1;\n\n`,
    problem: {
      line: 4,
      column: 45,
      message: "the quotation that begins here has no closing '",
    },
  },
  "an unclosed comment": {
    sql: `${tables}  /* INSERT INTO snk SELECT 1;`,
    problem: { line: 4, column: 3, message: "the comment that begins here has no */" },
  },
  "a statement that ends too early": {
    sql: `${tables}INSERT INTO snk SELECT id, v FROM;\n${insert}`,
    problem: {
      line: 4,
      message: expect.stringContaining("Encountered"),
    },
  },
  "an unknown column": {
    sql: `${tables}INSERT INTO snk SELECT id,\n nme FROM src;`,
    problem: {
      line: 5,
      column: 2,
      message: "Column 'nme' not found in any table",
    },
  },
  "an unknown table": {
    sql: `${tables}INSERT INTO snk SELECT * FROM nowhere`,
    problem: {
      line: 4,
      column: 31,
      message: expect.stringContaining("Object 'nowhere' not found"),
    },
  },
  "another number of columns": {
    sql: `${tables}INSERT INTO snk SELECT id FROM src`,
    problem: {
      line: 4,
      column: 1,
      message: expect.stringContaining("Different number of columns"),
    },
  },
  "a missing source connector": {
    sql:
      "CREATE TABLE k (id INT, v BIGINT) WITH ('connector' = 'kafka', 'password' = 'pw');\n" +
      tables +
      insert +
      "INSERT INTO other SELECT * FROM k;",
    problem: {
      line: 6,
      column: 1,
      message: expect.stringMatching(
        /^Unable to create a source for reading table 'default_catalog.default_database.k': Could not find any factory for identifier 'kafka'/,
      ),
    },
  },
  "a missing sink connector, in the second INSERT": {
    sql: `CREATE TABLE k (id INT, v BIGINT) WITH ('connector' = 'kafka');\n${tables}${insert}\nINSERT INTO k SELECT * FROM src;`,
    problem: {
      line: 7,
      column: 1,
      message: expect.stringContaining("identifier 'kafka'"),
    },
  },
  "an option that the connector does not know": {
    sql: `${tables}CREATE TABLE s2 (id INT, v BIGINT) WITH ('connector' = 'datagen', 'rows' = '2');\nINSERT INTO snk SELECT * FROM s2;`,
    problem: {
      line: 5,
      column: 1,
      message: expect.stringContaining("Unsupported options found for 'datagen'. Unsupported options: rows"),
    },
  },
  "a setting that cannot be read": {
    sql: `SET 'pipeline.max-parallelism' = 'many';\n${tables}${insert}`,
    problem: {
      line: 1,
      column: 1,
      message: expect.stringContaining("pipeline.max-parallelism"),
    },
  },
  "an unknown variable": {
    sql: `${tables}INSERT INTO snk\nSELECT id, \${colum} FROM src`,
    variables: { column: "v" },
    problem: { line: 5, column: 12, message: "no variable is named 'colum'" },
  },
  "a reference without a name": {
    sql: `${tables}INSERT INTO snk SELECT id, \${} FROM src`,
    problem: { line: 4, column: 28, message: expect.stringContaining("$${") },
  },
  "a position after a variable of several lines": {
    sql: `${tables}INSERT INTO snk SELECT \${columns}, nme FROM src;`,
    variables: { columns: "\n\nid\n" },
    problem: { line: 4, column: 36, message: "Column 'nme' not found in any table" },
  },
  "a value that is no SQL, of which nothing is told": {
    sql: `${tables}INSERT INTO snk SELECT id, \${column} FROM src;`,
    variables: { column: `v ${hidden} v` },
    problem: {
      line: 4,
      column: 28,
      message: "the value of ${column} is not what SQL allows here",
    },
  },
  "a value in a message of Flink": {
    sql: `${tables}CREATE TABLE k (id INT) WITH ('connector' = '\${secret}');\nINSERT INTO snk SELECT id, id FROM k`,
    variables: { secret },
    problem: {
      line: 5,
      column: 1,
      message: expect.stringContaining("identifier '${secret}'"),
    },
  },
  "a value with white space in a message of Flink": {
    sql: `${tables}CREATE TABLE k (id INT) WITH ('connector' = '\${spaced}');\nINSERT INTO snk SELECT id, id FROM k`,
    variables: { spaced: `two  blanks\tand-${hidden}` },
    problem: {
      line: 5,
      column: 1,
      message: expect.stringContaining("identifier '${spaced}'"),
    },
  },
  "a statement too deep for the planner's stack": {
    sql: `${tables}INSERT INTO snk SELECT id, v FROM src WHERE v = 0${Array.from({ length: 2_500 }, (_, i) => ` OR v = ${i} AND id = ${i}`).join("")};`,
    problem: { line: 4, column: 1, message: expect.stringContaining("StackOverflowError") },
  },
  "a short value, hidden as a word only": {
    sql: `${tables}INSERT INTO snk SELECT id, x FROM src`,
    variables: { one: "x", two: "an" },
    problem: { line: 4, column: 28, message: "Column '${one}' not found in any table" },
  },
  "a jar that is not there": {
    sql: `ADD JAR '/nowhere/missing.jar';\n${tables}${insert}`,
    problem: {
      line: 1,
      column: 1,
      message: expect.stringContaining("/nowhere/missing.jar"),
    },
  },
  ...Object.fromEntries(
    ["COMPILE PLAN", "COMPILE AND EXECUTE PLAN"].map((label) => [
      label,
      {
        sql: `${tables}${label} '/nowhere/plan.json' FOR ${insert}`,
        problem: { line: 4, column: 1, message: expect.stringContaining(`${label} is not supported`) },
      },
    ]),
  ),
  "EXECUTE PLAN": {
    sql: `${tables}EXECUTE PLAN '/nowhere/plan.json';`,
    problem: { line: 4, column: 1, message: expect.stringContaining("EXECUTE PLAN is not supported") },
  },
  "a message too long for a termination message": {
    sql: `${tables}CREATE TABLE k (id INT) WITH ('connector' = '${"€".repeat(3000)}');\nINSERT INTO snk SELECT id, id FROM k`,
    problem: {
      line: 5,
      column: 1,
      message: expect.stringMatching(/ identifier '€{500,1000}…$/),
    },
  },
  "the second of two files": {
    sql: [tables, "\r\nINSERT INTO snk SELECT id, nme\r\nFROM src;\r\n"],
    problem: {
      file: "b.sql",
      line: 2,
      column: 28,
      message: "Column 'nme' not found in any table",
    },
  },
  "Windows line ends": {
    sql: `${tables}-- comment\n${insert}INSERT INTO other SELECT id,\n\n  nme FROM src;`.replaceAll(
      "\n",
      "\r\n",
    ),
    problem: { line: 8, column: 3, message: "Column 'nme' not found in any table" },
  },
  "a SELECT": {
    sql: `${tables}${insert}SELECT * FROM src;`,
    problem: {
      line: 5,
      column: 1,
      message: expect.stringContaining("SELECT on its own"),
    },
  },
  "SHOW TABLES": {
    sql: `${tables}SHOW TABLES;${insert}`,
    problem: {
      line: 4,
      column: 1,
      message: expect.stringContaining("SHOW TABLES is not supported"),
    },
  },
  EXPLAIN: {
    sql: `${tables}EXPLAIN ${insert}`,
    problem: {
      line: 4,
      column: 1,
      message: expect.stringContaining("EXPLAIN is not supported"),
    },
  },
  DESCRIBE: {
    sql: `${tables}${insert}DESCRIBE src`,
    problem: { line: 5, column: 1, message: expect.stringContaining("is not supported") },
  },
  "CREATE TABLE AS": {
    sql: `${tables}CREATE TABLE c WITH ('connector' = 'blackhole') AS SELECT * FROM src;`,
    problem: {
      line: 4,
      column: 1,
      message: expect.stringContaining("write CREATE TABLE and INSERT INTO"),
    },
  },
  "definitions alone": {
    sql: tables,
    problem: {
      line: 3,
      column: 1,
      message: "the script starts no job: it has no INSERT",
    },
  },
  "no statement": {
    sql: "-- nothing;\n/* ; */;\n",
    problem: { message: "the script has no statement" },
  },
  "a SET between INSERTs": {
    sql: `${tables}${insert}SET 'pipeline.name' = 'b';\nINSERT INTO other SELECT * FROM src;`,
    problem: {
      line: 5,
      column: 1,
      message: expect.stringContaining("all INSERTs of a script are one job"),
    },
  },
  "a DROP after the INSERT": {
    sql: `${tables}${insert}DROP TABLE src;`,
    problem: {
      line: 5,
      column: 1,
      message: expect.stringContaining("DROP TABLE after the last INSERT would run while the job runs"),
    },
  },
  "BEGIN without END": {
    sql: `${tables}BEGIN STATEMENT SET;\n${insert}`,
    problem: { line: 4, column: 1, message: "BEGIN STATEMENT SET without END" },
  },
  "END without BEGIN": {
    sql: `${tables}${insert}END;`,
    problem: { line: 5, column: 1, message: "END without BEGIN STATEMENT SET" },
  },
  "a definition in a statement set": {
    sql: `${tables}BEGIN STATEMENT SET;\n${insert}CREATE DATABASE d;\nEND;`,
    problem: {
      line: 6,
      column: 1,
      message: expect.stringContaining("a statement set has only INSERTs"),
    },
  },
  "an error inside EXECUTE STATEMENT SET": {
    sql: `${tables}EXECUTE STATEMENT SET BEGIN\n${insert}INSERT INTO other SELECT id, nme FROM src;\nEND;`,
    problem: { line: 6, column: 30, message: "Column 'nme' not found in any table" },
  },
  "EXECUTE STATEMENT SET without END": {
    sql: `${tables}EXECUTE STATEMENT SET BEGIN\n${insert}`,
    problem: { line: expect.any(Number), message: expect.stringContaining("Encountered") },
  },
  "what the resource decides": {
    sql: `SET '$internal.pipeline.job-id' = '0';\n${tables}${insert}`,
    problem: {
      line: 1,
      column: 1,
      message: expect.stringContaining("decided by the resource"),
    },
  },
  ...Object.fromEntries(
    [
      "execution.checkpointing.externalized-checkpoint-retention",
      "execution.checkpointing.dir",
      "state.checkpoints.dir",
      "state.checkpoint-storage",
      "savepoints.state.backend.fs.dir",
      "pipeline.jobvertex-parallelism-overrides",
    ].map((key) => [
      `${key}, which the operator decides by`,
      {
        sql: `SET '${key}' = 'x';\n${tables}${insert}`,
        problem: {
          line: 1,
          column: 1,
          message: `'${key}' is read by the operator, which sees no SET: write it into spec.flinkConfiguration`,
        },
      },
    ]),
  ),
  "an unknown runtime mode": {
    sql: `SET 'execution.runtime-mode' = 'fast';\n${tables}${insert}`,
    problem: {
      line: 1,
      column: 1,
      message: "'execution.runtime-mode' must be 'streaming' or 'batch'",
    },
  },
  "a function whose class is missing": {
    sql: `${tables}CREATE FUNCTION f AS 'org.example.Missing';\nINSERT INTO snk SELECT f(id), v FROM src;`,
    problem: { line: 5, message: expect.stringContaining("org.example.Missing") },
  },
  "a table outside that the script would create twice": {
    sql: `${tables}CREATE CATALOG o WITH ('type' = 'outside');\nCREATE TABLE o.\`default\`.t (id INT, v BIGINT) WITH ('connector' = 'blackhole');\n${insert}`,
    problem: {
      line: 5,
      column: 1,
      message: expect.stringContaining("write CREATE TABLE IF NOT EXISTS"),
    },
  },
  "an ALTER outside, which would be done twice": {
    sql: `${tables}CREATE CATALOG o WITH ('type' = 'outside');\nALTER DATABASE o.\`default\` SET ('a' = 'b');\n${insert}`,
    problem: { line: 5, column: 1, message: expect.stringContaining("do it once, outside of the script") },
  },
};

export const accepted: Record<string, Script & { kinds: string[]; sinks?: string[] }> = {
  "two INSERTs": {
    sql: `${tables}${insert}INSERT INTO other SELECT * FROM src`,
    kinds: ["INSERT", "INSERT"],
    sinks: ["snk", "other"],
  },
  "EXECUTE STATEMENT SET": {
    sql: `${tables}EXECUTE STATEMENT SET\nBEGIN\n${insert}INSERT INTO other SELECT * FROM src;\nEND;`,
    kinds: ["STATEMENT SET"],
    sinks: ["snk", "other"],
  },
  "BEGIN and END": {
    sql: `${tables}BEGIN STATEMENT SET;\n${insert}INSERT INTO other SELECT * FROM src;\nEND;`,
    kinds: ["BEGIN STATEMENT SET", "INSERT", "INSERT", "END STATEMENT SET"],
    sinks: ["snk", "other"],
  },
  "semicolons in comments and quotations": {
    sql: `-- it's; "one"\n${tables}/* ; ' */ // don't;\nCREATE VIEW \`a;b\` AS SELECT id, v FROM src WHERE ';''--' <> '/*';\nINSERT INTO snk SELECT * FROM \`a;b\` -- the end`,
    kinds: ["CREATE VIEW", "INSERT"],
  },
  "a value with quotes and a semicolon": {
    sql: `${tables}CREATE TABLE p (id INT, v BIGINT) WITH ('connector' = 'print', 'print-identifier' = '\${secret}');\nINSERT INTO p SELECT * FROM src;`,
    variables: { secret },
    kinds: ["CREATE TABLE", "INSERT"],
    sinks: ["p"],
  },
  "a variable in a hint, $${ and a comment without variables": {
    sql: `${tables}-- \${none}\nINSERT INTO snk SELECT id, v FROM src /*+ OPTIONS('rows-per-second' = '\${rate}') */ WHERE '$\${x}' <> '';`,
    variables: { rate: "12345" },
    kinds: ["INSERT"],
  },
  "settings, RESET and the batch mode": {
    sql: `${tables}SET 'execution.runtime-mode' = 'streaming';\n-- later wins\nSET 'execution.runtime-mode' = 'batch'; SET 'pipeline.name' = 'n';\nRESET 'pipeline.name';\n${sum("SUM")}`,
    kinds: ["SET", "SET", "SET", "RESET", "INSERT"],
  },
  "settings of the job that the operator does not decide by": {
    sql: `${tables}SET 'parallelism.default' = '2';\nSET 'execution.checkpointing.interval' = '10 s';\n${insert}`,
    kinds: ["SET", "SET", "INSERT"],
  },
  "an unquoted SET between comments": {
    sql: `${tables}-- before\nSET pipeline.name = n; -- after\n/* before */ SET table.exec.state.ttl = 1h // after\n;${insert}`,
    kinds: ["SET", "SET", "INSERT"],
  },
  "databases, USE, modules and functions": {
    sql: `${tables}CREATE DATABASE d;\nUSE d;\nCREATE FUNCTION twice AS 'flink.operator.sql.test.Twice';\nCREATE TEMPORARY SYSTEM FUNCTION twice2 AS 'flink.operator.sql.test.Twice';\nINSERT INTO default_database.snk SELECT twice(twice2(id)), v FROM default_database.src;`,
    kinds: ["CREATE DATABASE", "USE DATABASE", "CREATE FUNCTION", "CREATE FUNCTION", "INSERT"],
  },
  "ALTER and DROP before the INSERT": {
    sql: `${tables}ALTER TABLE src RENAME TO s2;\nDROP TABLE other;\nINSERT INTO snk SELECT * FROM s2;\nRESET;`,
    kinds: ["ALTER TABLE RENAME", "DROP TABLE", "INSERT", "RESET"],
  },
  "a catalog that is created and dropped": {
    sql: `${tables}CREATE CATALOG m WITH ('type' = 'generic_in_memory');\nCREATE DATABASE m.d;\nDROP CATALOG m;\n${insert}`,
    kinds: ["CREATE CATALOG", "CREATE DATABASE", "DROP CATALOG", "INSERT"],
  },
  "tables outside, which stay as they are": {
    sql: `${tables}CREATE CATALOG o WITH ('type' = 'outside');\nUSE CATALOG o;\nCREATE TABLE IF NOT EXISTS t (id INT, v BIGINT) WITH ('connector' = 'blackhole');\nCREATE TABLE IF NOT EXISTS managed (id INT, v BIGINT);\nINSERT INTO t SELECT * FROM default_catalog.default_database.src;`,
    kinds: ["CREATE CATALOG", "USE CATALOG", "CREATE TABLE", "CREATE TABLE", "INSERT"],
    sinks: [],
  },
};

export const plans: Record<string, Script> = {
  sum: { sql: tables + sum("SUM") },
  "sum, written otherwise": {
    sql: `${tables}-- a comment\nINSERT INTO snk\n  SELECT id, SUM(v) AS t FROM src GROUP BY id`,
  },
  "sum into another table": { sql: tables + sum("SUM").replace("snk", "other") },
  max: { sql: tables + sum("MAX") },
  "sum by a variable": { sql: tables + sum("${how}"), variables: { how: "SUM" } },
  "max by a variable": { sql: tables + sum("${how}"), variables: { how: "MAX" } },
  "other types": { sql: tables.replaceAll("v BIGINT", "v INT") + sum("SUM") },
  "function once": {
    sql: `${tables}CREATE FUNCTION f AS 'flink.operator.sql.test.Twice';\n${sum("SUM", "(SELECT f(id) AS id, v FROM src)")}`,
  },
  unvalidated: {
    sql: `${tables}CREATE CATALOG o WITH ('type' = 'outside');\nCREATE TABLE IF NOT EXISTS o.\`default\`.managed (id INT, v BIGINT);\nINSERT INTO o.\`default\`.managed SELECT * FROM src;`,
  },
  packed: {
    sql: [],
    options: ["--script-base64", packed(tables + sum("SUM")), "--variables-base64", packed("{}")],
  },
};

const counts = (sinks: number) =>
  Array.from(
    { length: sinks },
    (_, at) =>
      `CREATE TABLE snk_${at} (id INT, v BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO snk_${at} SELECT id, SUM(v + ${at}) FROM src GROUP BY id HAVING SUM(v) > ${at} AND '${"x".repeat(200)}' <> '';`,
  );
const [definitions, inserts] = [/^CREATE/, /^INSERT/].map((kind) =>
  counts(60)
    .flatMap((text) => text.split("\n"))
    .filter((line) => kind.test(line))
    .join("\n"),
);
const manySums = `${tables}${definitions}\n${inserts}`;

/** Scripts, each compared with the script of a running job. */
export const comparisons: Record<string, Script> = {
  "the same": { sql: tables + sum("SUM"), running: { sql: `${tables}-- a comment\n${sum("SUM")}` } },
  "another aggregate": { sql: tables + sum("MAX"), running: { sql: tables + sum("SUM") } },
  "another value of a variable": {
    sql: tables + sum("${how}"),
    variables: { how: `MAX` },
    running: { sql: tables + sum("${how}"), variables: { how: "SUM" } },
  },
  "a variable more, which is not used": {
    sql: tables + sum("SUM"),
    variables: { how: "SUM" },
    running: { sql: tables + sum("SUM") },
  },
  "a query more": {
    sql: `${tables}${sum("SUM")}INSERT INTO other SELECT id, v FROM src;\n`,
    running: { sql: tables + sum("SUM") },
  },
  "a filter before an aggregate": {
    sql: tables + sum("SUM", "(SELECT id, v FROM src WHERE v > 1)"),
    running: { sql: tables + sum("SUM") },
  },
  "a wrong script that ran": { sql: tables + sum("SUM"), running: { sql: "INSRT" } },
  "a script that is gone": { sql: tables + sum("SUM"), running: { sql: tables + sum("SUM"), missing: true } },
  "more than a message holds": { sql: manySums.replaceAll("SUM(", "MAX("), running: { sql: manySums } },
};

export const job: Script = {
  sql: `SET 'pipeline.name' = 'two sinks';
CREATE TABLE src (id INT, v BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '3', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '3');
CREATE TABLE p (id INT) WITH ('connector' = 'print', 'print-identifier' = 'row');
CREATE TABLE snk (id INT, v BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO p SELECT id FROM src;
INSERT INTO snk SELECT id, v FROM src;`,
  job: true,
};

function packed(text: string): string {
  return gzipSync(text).toString("base64");
}
