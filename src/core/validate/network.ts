/**
 * Values for Services. These are created only after the old cluster is deleted, so nothing else validates them in
 * time.
 */
import { flinkOptions } from "../../config/flinkOptions.ts";
import type { Check } from "./check.ts";
import type { ValidationError } from "./validationError.ts";

const ports = [flinkOptions.restPort, flinkOptions.jobManagerRpcPort];

export const portsPossible: Check = ({ config }) => {
  for (const option of ports) {
    const port = config.get(option);
    if (port < 1 || port > 65_535)
      return { field: option.key, message: `must be a port from 1 to 65535, not ${port}` };
  }
  return undefined;
};

const labels = [flinkOptions.restServiceLabels, flinkOptions.internalServiceLabels];
const annotations = [flinkOptions.restServiceAnnotations, flinkOptions.internalServiceAnnotations];

export const serviceMetadataFits: Check = ({ config }) => {
  for (const option of [...labels, ...annotations]) {
    for (const [key, value] of config.get(option) ?? []) {
      const error =
        keyError(option.key, key) ?? (labels.includes(option) ? valueError(option.key, value) : undefined);
      if (error !== undefined) return error;
    }
  }
  return undefined;
};

const word = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
const host = "[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?";
const keyPattern = new RegExp(`^(?:${host}/)?${word}$`);
const valuePattern = new RegExp(`^(?:${word})?$`);

const keyError = (field: string, key: string): ValidationError | undefined =>
  keyPattern.test(key)
    ? undefined
    : {
        field,
        message: `"${key}" is no key for Kubernetes: use letters, digits, "-", "_" and ".", at most 63, after an optional "example.com/"`,
      };

const valueError = (field: string, value: string): ValidationError | undefined =>
  valuePattern.test(value)
    ? undefined
    : {
        field,
        message: `"${value}" is no value of a label: use letters, digits, "-", "_" and ".", at most 63`,
      };
