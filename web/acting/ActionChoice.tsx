import type { ActionRequest, ResourcePage } from "../../src/dashboard/contract.ts";

/** What an action needs to know. */
export type Choice = Pick<ActionRequest, "parallelism" | "generation">;

export function firstChoice(action: ActionRequest["action"], page: ResourcePage): Choice {
  const { parallelism = 1 } = page.row;
  const generation = page.pendingChange?.generation;
  if (action === "rescale") return { parallelism };
  if (action === "approve") return { generation: generation ?? page.generation };
  if (action === "promote") return { generation: page.generation };
  return {};
}

interface Props {
  readonly action: ActionRequest["action"];
  readonly choice: Choice;
  onChange(choice: Choice): void;
}

/** The highest parallelism that Flink knows. */
const MOST = 32_768;

export function ActionChoice({ action, choice, onChange }: Props) {
  if (action === "rescale")
    return (
      <label class="field">
        New parallelism
        <input
          type="number"
          required
          min={1}
          max={MOST}
          value={choice.parallelism}
          onInput={({ currentTarget: { value, validity } }) => {
            if (validity.valid) onChange({ parallelism: Number(value) });
          }}
        />
      </label>
    );
  return null;
}
