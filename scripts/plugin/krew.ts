import { dump } from "js-yaml";
import { type PlatformName, platforms } from "./platforms.ts";

export interface KrewRelease {
  /** Such as "1.2.0". */
  readonly version: string;
  /** Where the files of the release are, without a slash at the end. */
  readonly releases: string;
  /** Where the documentation is. */
  readonly homepage: string;
  /** The SHA-256 of the archive of each platform that was built. */
  readonly sums: Readonly<Partial<Record<PlatformName, string>>>;
}

export const archiveName = (platform: PlatformName): string => `kubectl-flink-${platform}.tar.gz`;

/** The manifest of the plugin for krew (https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/). */
export const buildKrewManifest = ({ version, releases, homepage, sums }: KrewRelease): string =>
  dump(
    {
      apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
      kind: "Plugin",
      metadata: { name: "flink" },
      spec: {
        version: `v${version}`,
        homepage,
        shortDescription: "Say how Flink jobs are, why, and what an edit would do",
        description:
          "Shows the state of FlinkDeployments and FlinkSessionJobs, explains it, plans and applies edits, takes snapshots, and " +
          "packs reports for support. All requests are made by kubectl, with your own rights.\n",
        platforms: (Object.keys(sums) as PlatformName[]).map((name) => {
          const { os, arch, suffix } = platforms[name];
          return {
            selector: { matchLabels: { os, arch } },
            uri: `${releases}/${archiveName(name)}`,
            sha256: sums[name],
            bin: `kubectl-flink${suffix}`,
          };
        }),
      },
    },
    { lineWidth: 110, noRefs: true },
  );

/** The manifest with words in place of what only a release knows. */
export const krewTemplate = (): string =>
  buildKrewManifest({
    version: "VERSION",
    releases: "RELEASES",
    homepage: "HOMEPAGE",
    sums: Object.fromEntries(Object.keys(platforms).map((name) => [name, "SHA256"])),
  });
