interface Props {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  onChange(value: string): void;
}

/** A choice with its label before it. */
export function Select({ label, value, options, onChange }: Props) {
  // A value from the address stays visible if nothing has it at present.
  const all = options.some(([each]) => each === value) ? options : [...options, [value, value] as const];
  const isFilter = options.some(([each]) => each === "");
  return (
    <label class={`select${isFilter && value !== "" ? " set" : ""}`}>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {all.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
