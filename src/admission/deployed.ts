import type { FieldType } from "../api/declaration.ts";
import { readLastReconciledSpec } from "../core/spec/lastReconciledSpec.ts";

/** The last reconciled spec. Undefined if it is not readable, which the operator itself reports. */
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
