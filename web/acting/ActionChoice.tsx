import type { ActionRequest, ResourcePage } from "../../src/dashboard/contract.ts";

/** What an action needs to know. */
export type Choice = Pick<ActionRequest, "parallelism" | "to" | "generation">;

export function firstChoice(action: ActionRequest["action"], page: ResourcePage): Choice {
  const { parallelism = 1 } = page.row;
  const generation = page.pendingChange?.generation;
  if (action === "rescale") return { parallelism };
  if (action === "rollback") return { to: "stable" };
  if (action === "approve" && generation !== undefined) return { generation };
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
  if (action === "rollback")
    return (
      <fieldset class="field">
        <legend>Back to</legend>
        <label>
          <input
            type="radio"
            name="to"
            checked={choice.to === "stable"}
            onChange={() => onChange({ to: "stable" })}
          />
          the last spec whose job became stable
        </label>
        <label>
          <input
            type="radio"
            name="to"
            checked={choice.to !== "stable"}
            onChange={() => onChange({ to: "1" })}
          />
          the generation
          <input
            type="number"
            aria-label="Generation"
            min={1}
            disabled={choice.to === "stable"}
            value={choice.to === "stable" ? "" : choice.to}
            onInput={({ currentTarget: { value, validity } }) => {
              if (validity.valid && value !== "") onChange({ to: value });
            }}
          />
        </label>
      </fieldset>
    );
  return null;
}
