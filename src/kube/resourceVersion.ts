/**
 * Orders two resourceVersions of one resource type: negative where `a` is older. Since Kubernetes 1.35 they are
 * documented to be decimal numbers of arbitrary size without leading zeros, so the longer one is the larger one.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
