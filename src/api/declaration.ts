/**
 * How a kind is declared: each field once, with its type, documentation, default and change class. A declaration is
 * plain data (apart from the phantom TypeScript type it carries), so types, CRD, reference page, spec diff and the
 * stored spec all derive from it. Fields stand in the order in which the Java operator serialises them.
 */

/**
 * What a change means for a running cluster, from the mildest to the strongest. "apply": it takes effect beside the
 * cluster, without a restart; for the Java operator it is an upgrade.
 */
export const changeEffects = ["ignore", "apply", "scale", "upgrade", "redeploy"] as const;
export type ChangeEffect = (typeof changeEffects)[number];

/** The effect of a change, by deployment mode (REFERENCE 3). */
export interface ChangeByMode {
  readonly native: ChangeEffect;
  readonly standalone: ChangeEffect;
}

export interface ChangeClass extends ChangeByMode {
  /** Of a nonce: taking the value away is no change at all. */
  readonly whenCleared?: "ignore";
  /** Of Flink's configuration: the first prefix that a key begins with decides for that key. */
  readonly keyPrefixes?: readonly (ChangeByMode & { readonly prefix: string })[];
}

/**
 * "own": the Java operator writes every field of such an object, absent ones as null, in declared order.
 * "kubernetes": it writes only what is there, in alphabetical order with apiVersion, kind and metadata first.
 */
export type ObjectModel = "own" | "kubernetes";

export type FieldType =
  | { readonly kind: "string"; readonly values?: readonly string[] }
  | { readonly kind: "integer"; readonly bits: 32 | 64 }
  /** A Java Double: the stored spec writes 1 as 1.0. */
  | { readonly kind: "number" }
  | { readonly kind: "boolean" }
  /** A Kubernetes quantity. */
  | { readonly kind: "intOrString" }
  | { readonly kind: "list"; readonly items: FieldType }
  | { readonly kind: "map"; readonly values: FieldType }
  | {
      readonly kind: "object";
      readonly name: string;
      readonly model: ObjectModel;
      readonly fields: readonly FieldDeclaration[];
      readonly rules?: readonly Rule[];
    }
  /** An object that the CRD takes as it comes. `name` says what belongs in it. */
  | { readonly kind: "freeForm"; readonly name: string; readonly model: ObjectModel };

export interface FieldDeclaration {
  readonly name: string;
  readonly type: FieldType;
  /** Markdown: the meaning for a user. */
  readonly doc: string;
  /** What the operator takes where the field is absent. The API server stores no defaults. */
  readonly default?: unknown;
  /**
   * Absent in a status and inside of an object that is compared as a whole. An object whose fields have classes of
   * their own is compared field by field; its own class then holds where the whole object appears or disappears.
   */
  readonly change?: ChangeClass;
  readonly deprecated?: true;
  /** The Java operator does not have it: where it is absent, the stored spec does not name it either. */
  readonly added?: true;
  readonly minimum?: number;
  readonly rules?: readonly Rule[];
}

/**
 * A CEL rule of the CRD. `self` is the value that it is declared at. It must let pass whatever the Java operator may
 * have stored: since Kubernetes 1.30 a rule at a field is not asked while the field stays as it is, but a rule about
 * the whole object is asked at each update of the status too.
 */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  /** From the place of declaration to the field at fault. */
  readonly fieldPath?: string;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  /** Above 0: only with `kubectl get -o wide`. Absent: 0, which the server does not store. */
  readonly priority?: number;
}

export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath: string;
}

export interface KindDeclaration {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly doc: string;
  readonly spec: FieldDeclaration;
  readonly status: FieldDeclaration;
  readonly columns: readonly PrinterColumn[];
  readonly scale?: ScalePaths;
  /** Rules about the whole object: they can compare spec, status and name. */
  readonly rules?: readonly Rule[];
}

/** Carries T through declarations for `Static`; nothing of it exists at run time. */
declare const value: unique symbol;

export type Type<T> = FieldType & { readonly [value]?: T };
export type Field<T> = Omit<FieldDeclaration, "name"> & { readonly [value]?: T };
type Fields = Readonly<Record<string, Field<unknown>>>;

/** The TypeScript type of the values of a declared type. */
export type Static<D> = D extends { readonly [value]?: infer T } ? Exclude<T, undefined> : never;

/** No field is required, and `undefined` stands for absent, so that a field is cleared by assignment. */
type StaticFields<F extends Fields> = { [K in keyof F]?: Static<F[K]> | undefined };

export const string: Type<string> = { kind: "string" };
export const int32: Type<number> = { kind: "integer", bits: 32 };
export const int64: Type<number> = { kind: "integer", bits: 64 };
export const number: Type<number> = { kind: "number" };
export const boolean: Type<boolean> = { kind: "boolean" };
export const quantity: Type<number | string> = { kind: "intOrString" };

export const oneOf = <const V extends string>(values: readonly V[]): Type<V> => ({ kind: "string", values });

export const list = <T>(items: Type<T>): Type<T[]> => ({ kind: "list", items });

export const map = <T>(values: Type<T>): Type<Record<string, T>> => ({ kind: "map", values });

export const freeForm = <T>(name: string, model: ObjectModel): Type<T> => ({ kind: "freeForm", name, model });

export const object = <F extends Fields>(
  name: string,
  fields: F,
  options: { readonly model?: ObjectModel; readonly rules?: readonly Rule[] } = {},
): Type<StaticFields<F>> => ({
  kind: "object",
  name,
  model: "own",
  ...options,
  fields: Object.entries(fields).map(([name, field]) => ({ name, ...field })),
});

export const field = <T>(
  type: Type<T>,
  doc: string,
  options: Omit<FieldDeclaration, "name" | "type" | "doc"> = {},
): Field<T> => ({ type, doc, ...options });

/** The fields of a declared object, in order; none for any other type. */
export const fieldsOf = (type: FieldType): readonly FieldDeclaration[] =>
  type.kind === "object" ? type.fields : [];
