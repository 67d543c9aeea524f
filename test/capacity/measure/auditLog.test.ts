import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openAuditLog } from "./auditLog.ts";

const line = (user: string, verb: string, name: string): string =>
  `${JSON.stringify({
    requestReceivedTimestamp: "2026-11-30T10:00:00.000000Z",
    verb,
    requestURI: "/x",
    user: { username: user },
    objectRef: { resource: "pods", name },
    responseStatus: { code: 200 },
  })}\n`;

it("counts the requests of one user as the log grows", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "audit-")), "audit.log");
  writeFileSync(
    file,
    line("operator", "get", "é") + line("other", "get", "b") + line("operator", "watch", ""),
  );
  const log = await openAuditLog(file, "operator");
  expect(await log.requests()).toEqual({ "get pods": 1 });

  const names: string[] = [];
  const unfollow = log.follow(({ name }) => names.push(name));
  const bytes = Buffer.from(line("operator", "delete", "é"));
  // In the middle of a character.
  const middle = bytes.indexOf(Buffer.from("é")) + 1;
  appendFileSync(file, bytes.subarray(0, middle));
  expect(await log.requests()).toEqual({ "get pods": 1 });
  appendFileSync(file, bytes.subarray(middle));
  expect(await log.requests()).toEqual({ "get pods": 1, "delete pods": 1 });
  expect(names).toEqual(["é"]);

  unfollow();
  appendFileSync(file, line("operator", "get", "c"));
  await Promise.all([log.requests(), log.requests()]);
  expect(names).toEqual(["é"]);
  await log.close();
});
