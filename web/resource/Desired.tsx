import type { FieldDifference } from "../../src/dashboard/contract.ts";
import { Card } from "../layout/Card.tsx";
import { Scroll } from "../layout/Scroll.tsx";

/** What is asked for against what runs. */
export function Desired({ differences }: { readonly differences: readonly FieldDifference[] }) {
  return (
    <Card title="Desired against actual">
      {differences.length === 0 ? (
        <p class="muted">What runs is what the spec asks for.</p>
      ) : (
        <Scroll label="Desired against actual">
          <table>
            <thead>
              <tr>
                <th scope="col">Field</th>
                <th scope="col">Runs with</th>
                <th scope="col">Is to be</th>
                <th scope="col">Means</th>
              </tr>
            </thead>
            <tbody>
              {differences.map(({ path, deployed, desired, effect }) => (
                <tr key={path}>
                  <th scope="row">
                    <code>{path}</code>
                  </th>
                  <td>
                    <del>{deployed}</del>
                  </td>
                  <td>
                    <ins>{desired}</ins>
                  </td>
                  <td>{effect}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Card>
  );
}
