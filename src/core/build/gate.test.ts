import { expect, test } from "vitest";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { gatedConfig } from "./gate.ts";

const MINIMUM = "slotmanager.number-of-slots.min";

test.each([
  [undefined, "4"],
  ["2", "4"],
  ["4", "4"],
  ["8", "8"],
])(
  "the cluster has the slots of the job before there is one, and at least those of the user: %s",
  (own, expected) => {
    const config = flinkConfig(own === undefined ? {} : { [MINIMUM]: own });
    expect(gatedConfig(config, { slots: 4 }).entries.get(MINIMUM)).toBe(expected);
  },
);
