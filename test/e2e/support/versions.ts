/** The Flink versions that the stories run on. */
export interface Flink {
  readonly version: "1.20" | "2.3";
  readonly image: string;
  readonly flinkVersion: "v1_20" | "v2_3";
}

export const newest: Flink = { version: "2.3", image: "localhost/flink:2.3", flinkVersion: "v2_3" };
export const lts: Flink = { version: "1.20", image: "localhost/flink:1.20", flinkVersion: "v1_20" };

const everyStoryEverywhere = process.env.E2E_ALL === "true";

/** Of the core stories. */
export const bothVersions: readonly Flink[] = [newest, lts];

/** Of the other stories: the newest, and with E2E_ALL both. */
export const defaultVersions: readonly Flink[] = everyStoryEverywhere ? bothVersions : [newest];
