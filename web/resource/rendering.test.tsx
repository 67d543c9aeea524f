import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import { describe, expect, test } from "vitest";
import { ActionBar } from "../acting/ActionBar.tsx";
import { Effect } from "../acting/Effect.tsx";
import { Desired } from "./Desired.tsx";
import { pageOf } from "./page.fixture.ts";
import { Sides } from "./Sides.tsx";
import { Snapshots } from "./Snapshots.tsx";
import { Timeline } from "./Timeline.tsx";

/** The text of some markup, without the space that only separates elements. */
const textOf = (element: VNode): string =>
  renderToString(element)
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");

describe("actions", () => {
  test("that are not allowed are not offered", () => {
    expect(textOf(<ActionBar page={pageOf({ allowed: ["suspend"] })} />)).not.toContain("Restart");
    expect(textOf(<ActionBar page={pageOf()} />)).toContain("not act on it");
  });

  test("that make no sense now say why", () => {
    const page = pageOf({ allowed: ["resume"], unavailable: { resume: "The job is not suspended." } });
    expect(renderToString(<ActionBar page={page} />)).toMatch(
      /aria-disabled="true".*The job is not suspended/s,
    );
  });
});

test("an effect names the restart, the state, and the downtime", () => {
  const text = textOf(
    <Effect message="why" effect="restart" restarts downtimeMs={14_200} restoresFrom="chk-3" />,
  );
  expect(text).toMatch(/Restarts the job.*chk-3.*about 14 s/);
  expect(textOf(<Effect message="why" effect="restart" restarts />)).toContain("not known");
});

test("the timeline has the newest first, with the downtime of an upgrade", () => {
  const entry = { kind: "upgrade", message: "", warning: false } as const;
  const text = textOf(
    <Timeline
      entries={[
        { ...entry, at: "2026-01-01T00:00:00Z", reason: "Older" },
        { ...entry, at: "2026-01-02T00:00:00Z", reason: "Newer", downtimeMs: 2000 },
      ]}
    />,
  );
  expect(text).toMatch(/Newer.*down for 2 s.*Older/);
});

test("a long timeline is shown in part", () => {
  const entries = Array.from({ length: 100 }, (_, at) => ({
    ...{
      at: `2026-01-01T00:00:00.${at}Z`,
      kind: "event" as const,
      reason: "Again",
      message: "",
      warning: false,
    },
  }));
  const text = textOf(<Timeline entries={entries} />);
  expect(text.match(/Again/g)).toHaveLength(40);
  expect(text).toContain("Show all 100");
});

test("the ledger says which snapshot would be restored", () => {
  const snapshots = [
    { kind: "checkpoint" as const, location: "s3://a", wouldRestore: true, why: "It is the newest." },
    { kind: "savepoint" as const, location: "s3://b", wouldRestore: false, why: "It is older." },
  ];
  expect(textOf(<Snapshots snapshots={snapshots} />)).toMatch(
    /Checkpoint would be restored.*s3:\/\/a.*Savepoint.*older/,
  );
});

test("a field that differs has both of its values", () => {
  const differences = [{ path: "spec.image", deployed: "a:1", desired: "a:2", effect: "restart" }];
  expect(textOf(<Desired differences={differences} />)).toMatch(/spec\.image a:1 a:2 restart/);
});

test("a side that does not exist says so", () => {
  const text = textOf(
    <Sides
      sides={[
        { side: "blue", active: true, row: pageOf().row },
        { side: "green", active: false },
      ]}
    />,
  );
  expect(text).toMatch(/Blue serves.*Healthy.*Green.*does not exist/);
});
