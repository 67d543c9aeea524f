/** The platforms that kubectl-flink is built for, by the words of krew and Go. */
export const platforms = {
  "linux-amd64": { os: "linux", arch: "amd64", suffix: "", segment: [] },
  "linux-arm64": { os: "linux", arch: "arm64", suffix: "", segment: [] },
  "darwin-amd64": { os: "darwin", arch: "amd64", suffix: "", segment: ["--macho-segment-name", "NODE_SEA"] },
  "darwin-arm64": { os: "darwin", arch: "arm64", suffix: "", segment: ["--macho-segment-name", "NODE_SEA"] },
  "windows-amd64": { os: "windows", arch: "amd64", suffix: ".exe", segment: [] },
} as const satisfies Record<string, Platform>;

export type PlatformName = keyof typeof platforms;

interface Platform {
  readonly os: string;
  readonly arch: string;
  /** Of the executable's name. */
  readonly suffix: string;
  /** What postject needs for the format of the executable. */
  readonly segment: readonly string[];
}
