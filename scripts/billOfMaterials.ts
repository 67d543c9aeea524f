import { execFileSync } from "node:child_process";
import { join } from "node:path";

interface Component {
  readonly "bom-ref": string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** A bill of materials by CycloneDX, as far as it is looked at. */
export interface Bill {
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

/** Of the packages that are installed to run, which are those of the bundle and more. */
export function billOfMaterials(): Bill {
  const root = join(import.meta.dirname, "..");
  const bill = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx"], { cwd: root, encoding: "utf8" });
  return withoutDevelopment(JSON.parse(bill) as Bill);
}

/** npm's own `--omit dev` omits also what we run with and another package is developed with. */
export function withoutDevelopment(bill: Bill): Bill {
  const components = bill.components.filter(
    ({ properties = [] }) => !properties.some(({ name }) => name === "cdx:npm:package:development"),
  );
  const refs = new Set(components.map((each) => each["bom-ref"]));
  const omitted = new Set(bill.components.map((each) => each["bom-ref"]).filter((ref) => !refs.has(ref)));
  const dependencies = bill.dependencies
    .filter(({ ref }) => !omitted.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => !omitted.has(each)) }));
  return { ...bill, components, dependencies };
}
