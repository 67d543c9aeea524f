/**
 * An error in a resource or its configuration, reported to the user. `field` is the path in the FlinkDeployment
 * ("spec.jobManager.resource.memory") or the configuration key. `message` says what is wrong and what would be right.
 */
export class BuildError extends Error {
  override readonly name = "BuildError";
  readonly field: string;

  constructor(field: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.field = field;
  }
}
