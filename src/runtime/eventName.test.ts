import { describe, expect, test } from "vitest";
import { hasRecordings, readRecording, recordingsIn } from "../../test/support/recordings.ts";
import { javaHashCode } from "../api/javaHash.ts";
import type { KubeObject } from "../api/kubernetes.ts";
import { type EventIdentity, eventName } from "./eventName.ts";

test.each([
  ["", 0],
  ["a", 97],
  ["hello", 99162322],
  ["polygenelubricants", -2147483648],
  ["日本", 835047],
])("hashes %j as Java does", (text, hash) => {
  expect(javaHashCode(text)).toBe(hash);
});

/** Event names as the Java operator formed them for its own examples: "reason|key or message|type" → name. */
const folder = "reference/golden";

interface Recording {
  input: KubeObject & { kind: string };
  eventNames: Record<string, string>;
}

/** The uid that the recordings were made with. */
const uid = "11111111-2222-3333-4444-555555555555";

describe.skipIf(!hasRecordings(folder))(`event names as recorded in ../shared/${folder}`, () => {
  test.each(recordingsIn(folder))("%s", (file) => {
    const { input, eventNames } = readRecording<Recording>(`${folder}/${file}`);
    const formed = Object.entries(eventNames).map(([of, recorded]) => {
      const [reason = "", keyOrMessage = "", type] = of.split("|");
      const identity = { component: recorded.split(".")[0], reason, keyOrMessage, type, kind: input.kind };
      return [of, eventName({ ...identity, name: input.metadata.name, uid } as EventIdentity)];
    });
    expect(formed.length).toBeGreaterThan(0);
    expect(Object.fromEntries(formed)).toEqual(eventNames);
  });
});
