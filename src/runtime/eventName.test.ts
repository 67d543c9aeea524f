import { describe, expect, test } from "vitest";
import { readGolden } from "../../test/support/golden.ts";
import { javaHashCode } from "../api/javaHash.ts";
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

/** Event names as the Java operator formed them: "reason|key or message|type" → name. */
const file = "java-operator/event-names.json";

interface Recording {
  kind: string;
  name: string;
  eventNames: Record<string, string>;
}

/** The uid in the recordings. */
const uid = "11111111-2222-3333-4444-555555555555";

describe(`event names as recorded in test/golden/${file}`, () => {
  test.each(readGolden<Recording[]>(file))("of $kind $name", ({ kind, name, eventNames }) => {
    const formed = Object.entries(eventNames).map(([of, recorded]) => {
      const [reason = "", keyOrMessage = "", type] = of.split("|");
      const identity = { component: recorded.split(".")[0], reason, keyOrMessage, type, kind };
      return [of, eventName({ ...identity, name, uid } as EventIdentity)];
    });
    expect(formed.length).toBeGreaterThan(0);
    expect(Object.fromEntries(formed)).toEqual(eventNames);
  });
});
