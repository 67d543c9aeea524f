import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { Checkpoints } from "./Checkpoints.tsx";
import { Snapshots } from "./Snapshots.tsx";

export function StateTab({ page }: { readonly page: ResourcePage }) {
  return (
    <div class="stack">
      <Snapshots snapshots={page.snapshots} />
      {page.checkpoints !== undefined && <Checkpoints row={page.row} checkpoints={page.checkpoints} />}
    </div>
  );
}
