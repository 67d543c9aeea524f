/** The release information in the chart. */

/** The section of a version in a changelog. Throws if it is missing or empty. */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((each) => each.startsWith(`[${version}]`));
  const notes = section?.slice(section.indexOf("\n")).trim();
  if (!notes) throw new Error(`CHANGELOG.md must have a section "## [${version}]" that says what is new`);
  return notes;
}

const semver = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Throws if this is not a valid version of a chart. */
export function checkVersion(version: string): string {
  if (!semver.test(version)) throw new Error(`VERSION must be like 1.2.3 or 1.2.3-rc.1, not "${version}"`);
  return version;
}

/** values.yaml of the released chart, with the image of the same release. */
export function withImage(values: string, repository: string): string {
  if (repository === "") throw new Error("IMAGE must be the repository that the image is published to");
  const named = values.replace(/^( {2}repository: ).*$/m, `$1${repository}`);
  if (named === values) throw new Error("values.yaml has no image.repository");
  return named;
}
