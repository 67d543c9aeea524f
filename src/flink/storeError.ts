/** Why a store of keys and certificates cannot be used. The callers name the option or variable that has its password. */
export type StoreProblem = "password" | "key password" | "encryption" | "damaged";

export class StoreError extends Error {
  readonly problem: StoreProblem;

  constructor(problem: StoreProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

export const damaged = (what: string): StoreError => new StoreError("damaged", `it is damaged: ${what}`);

/** Undefined: the error's own message is enough. */
export function storeProblem(error: Error): StoreProblem | undefined {
  if (error instanceof StoreError) return error.problem;
  // OpenSSL reports the same error for a wrong password and for a damaged PKCS12 store.
  if (/mac verify failure/i.test(error.message)) return "password";
  return /unsupported/i.test(error.message) ? "encryption" : undefined;
}
