/** Every version the images are made of, but for Node's: that is the one in package.json. */

export interface FlinkRelease {
  /** The minor version: names the image's tag and the build target. */
  minor: string;
  /** The exact release, as PyPI knows it. */
  version: string;
  /**
   * The user the image's config names. Official images up to 1.20 start as root and drop to flink in the
   * entrypoint; later ones start as flink. A number, so that runAsNonRoot can be checked by the kubelet.
   */
  user: "0:0" | "9999:9999";
}

export const oldestFlink: FlinkRelease = { minor: "1.20", version: "1.20.5", user: "0:0" };
export const newestFlink: FlinkRelease = { minor: "2.3", version: "2.3.0", user: "9999:9999" };
export const flinkReleases: readonly FlinkRelease[] = [oldestFlink, newestFlink];

/** The wheel is only read for its shell scripts and conf; any CPython the release was built for does. */
export const wheelPython = "3.11";

export const debianSuite = "bookworm";

/** Timestamp of every file and of the image itself, so that a digest depends on content only. */
export const epoch = 1704067200;

export const operatorImage = "localhost/flink-kubernetes-operator:dev";

export function flinkImage(minor: string): string {
  return `localhost/flink:${minor}`;
}
