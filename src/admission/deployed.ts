import type { FieldType } from "../api/declaration.ts";
import { readLastReconciledSpec } from "../core/spec/lastReconciledSpec.ts";

/** The spec that was last acted on. Of one that cannot be read nothing is concluded: the operator says so by itself. */
export function deployedSpec<Spec>(
  lastReconciledSpec: string | undefined,
  type: FieldType,
): Spec | undefined {
  try {
    return readLastReconciledSpec<Spec>(lastReconciledSpec, type)?.spec;
  } catch {
    return undefined;
  }
}
