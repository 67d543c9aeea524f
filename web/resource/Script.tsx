import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { Card } from "../layout/Card.tsx";
import { Scroll } from "../layout/Scroll.tsx";

export function Script({ script }: { readonly script: ResourcePage["script"] }) {
  if (script === undefined) return <p class="muted">This job has no script.</p>;
  return (
    <Card title={script.language === "sql" ? "SQL script" : "Python program"}>
      <p class="muted">As the spec has it. Variables are not substituted.</p>
      <Scroll class="script" label="Script">
        <pre>{script.text}</pre>
      </Scroll>
    </Card>
  );
}
