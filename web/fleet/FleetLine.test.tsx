import { renderToString } from "preact-render-to-string";
import { expect, test } from "vitest";
import { pageOf } from "../resource/page.fixture.ts";
import { FleetLine } from "./FleetLine.tsx";

const { row } = pageOf();
const rendered = (more: Partial<typeof row>) =>
  renderToString(<FleetLine row={{ ...row, ...more }} top={0} height={56} index={0} showCluster={false} />);

test("a health has its word, not only its colour", () => {
  expect(rendered({ health: "Stalled", message: "No room" })).toMatch(/Degraded.*No room/s);
});

test("what is not known is said to be so", () => {
  expect(rendered({})).toContain("not known");
});

test("the name leads to the resource", () => {
  expect(rendered({})).toContain('href="/?resource=eu/flinkdeployments/orders/checkout"');
});

test("markup stays text", () => {
  const html = rendered({
    name: "<b>x</b>",
    message: "<img src=x>",
    changedBy: "<i>",
    changedAt: "2026-01-01T00:00:00Z",
  });
  expect(html).not.toMatch(/<b>|<img|<i>/);
});
