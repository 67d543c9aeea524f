/**
 * The declaration of a kind: each field once, with its type, documentation, default and change class. Types, CRD, reference
 * page, spec diff and the stored spec are derived from it. It is plain data, apart from a phantom TypeScript type. The
 * fields are in the order in which the Java operator serialises them.
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
  /** For a nonce: removing the value is not a change. */
  readonly whenCleared?: "ignore";
  /** For Flink's configuration: the first matching prefix decides for a key. */
  readonly keyPrefixes?: readonly (ChangeByMode & { readonly prefix: string })[];
}

/**
 * "own": the Java operator writes every field of such an object in the declared order, absent ones as null.
 * "kubernetes": it writes only present fields, in alphabetical order after apiVersion, kind and metadata.
 */
export type ObjectModel = "own" | "kubernetes";

export type FieldType =
  /** `language`: comments and white space of such a text make no difference. */
  | { readonly kind: "string"; readonly values?: readonly string[]; readonly language?: "sql" }
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
  /** An object that the CRD accepts without a schema. `name` says what it contains. */
  | { readonly kind: "freeForm"; readonly name: string; readonly model: ObjectModel };

export interface FieldDeclaration {
  readonly name: string;
  readonly type: FieldType;
  /** Markdown: the meaning for a user. */
  readonly doc: string;
  /** The operator's default for an absent field. The API server stores no defaults. */
  readonly default?: unknown;
  /**
   * Absent in a status, and in an object that is compared as a whole. If the fields of an object have their own classes,
   * they are compared one by one, and the object's class applies when the whole object is added or removed.
   */
  readonly change?: ChangeClass;
  readonly deprecated?: true;
  /** A field that the Java operator does not have: if it is absent, the stored spec omits it. */
  readonly added?: true;
  readonly minimum?: number;
  readonly rules?: readonly Rule[];
}

/**
 * A CEL rule of the CRD. `self` is the value at the place of declaration. It must accept everything that the Java operator
 * may have stored: since Kubernetes 1.30 a rule at a field is skipped while the field is unchanged, but a rule about the
 * whole object is evaluated at each status update, too.
 */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  /** The path from the place of declaration to the invalid field. */
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
  /** Rules about the whole object, which can compare spec, status and name. */
  readonly rules?: readonly Rule[];
}

/** Carries the type T for `Static`. Does not exist at run time. */
declare const value: unique symbol;

export type Type<T> = FieldType & { readonly [value]?: T };
export type Field<T> = Omit<FieldDeclaration, "name"> & { readonly [value]?: T };
type Fields = Readonly<Record<string, Field<unknown>>>;

/** The TypeScript type of the values of a declared type. */
export type Static<D> = D extends { readonly [value]?: infer T } ? Exclude<T, undefined> : never;

/** No field is required, and `undefined` means absent, so that an assignment can clear a field. */
type StaticFields<F extends Fields> = { [K in keyof F]?: Static<F[K]> | undefined };

export const string: Type<string> = { kind: "string" };
export const text = (language: "sql"): Type<string> => ({ kind: "string", language });
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
