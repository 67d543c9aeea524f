import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { Card } from "../layout/Card.tsx";
import { Exceptions } from "./Exceptions.tsx";
import { Logs } from "./Logs.tsx";
import { ObjectTree } from "./ObjectTree.tsx";

export function PodsTab({ page }: { readonly page: ResourcePage }) {
  return (
    <div class="stack">
      <Card title="Owned objects">
        {page.objects.length === 0 ? (
          <p class="muted">Nothing belongs to this resource at present.</p>
        ) : (
          <ObjectTree objects={page.objects} />
        )}
      </Card>
      <Logs row={page.row} objects={page.objects} />
      <Exceptions exceptions={page.exceptions} />
    </div>
  );
}
