/** All versions in the images, except that of Node, which is in package.json. */

export interface FlinkRelease {
  /** The minor version, which is the image's tag and the build target. */
  minor: string;
  /** The exact release on PyPI. */
  version: string;
  /**
   * The user in the image's config. Official images up to 1.20 start as root, and the entrypoint switches to flink. Later ones
   * start as flink. Numeric, so that the kubelet can check runAsNonRoot.
   */
  user: "0:0" | "9999:9999";
}

export const oldestFlink: FlinkRelease = { minor: "1.20", version: "1.20.5", user: "0:0" };
export const newestFlink: FlinkRelease = { minor: "2.3", version: "2.3.0", user: "9999:9999" };
export const flinkReleases: readonly FlinkRelease[] = [oldestFlink, newestFlink];

/** A CPython version of the wheel, from which only shell scripts and conf are read. */
export const wheelPython = "3.11";

export const debianSuite = "bookworm";

/** The timestamp of all files and of the image, so that a digest depends only on the content. */
export const epoch = 1704067200;

export const operatorImage = "localhost/flink-kubernetes-operator:dev";

export function flinkImage(minor: string): string {
  return `localhost/flink:${minor}`;
}

/** The image with Python and PyFlink, for tests. */
export function pythonImage(minor: string): string {
  return `localhost/flink-python:${minor}`;
}
