import { useEffect, useRef } from "preact/hooks";
import type { Plural } from "../../src/dashboard/contract.ts";
import { formatVersion } from "../format/format.ts";
import { type FleetQuery, wholeFleet } from "../routing/route.ts";
import type { FilterOptions } from "./fleetView.ts";
import { kindNames } from "./kinds.ts";
import { Select } from "./Select.tsx";

interface Props {
  readonly query: FleetQuery;
  readonly options: FilterOptions;
  onChange(change: Partial<FleetQuery>): void;
}

const any = ["", "All"] as const;
const plain = (values: readonly string[]) => [any, ...values.map((each) => [each, each] as const)];

export function Filters({ query, options, onChange }: Props) {
  const search = useSearchKey();
  const { sort, descending, group } = query;
  const isFiltered =
    JSON.stringify({ ...query, sort, descending, group }) !==
    JSON.stringify({ ...wholeFleet, sort, descending, group });
  return (
    <search class="filters">
      <label class="search">
        <span class="hidden">Search by name, namespace, state or message</span>
        <input
          ref={search}
          type="search"
          placeholder="Search…"
          value={query.text}
          onInput={(event) => onChange({ text: event.currentTarget.value })}
        />
        <span class="key" aria-hidden="true">
          /
        </span>
      </label>
      {options.clusters.length > 1 && (
        <Select
          label="Cluster"
          value={query.cluster}
          options={plain(options.clusters)}
          onChange={(cluster) => onChange({ cluster })}
        />
      )}
      <Select
        label="Namespace"
        value={query.namespace}
        options={plain(options.namespaces)}
        onChange={(namespace) => onChange({ namespace })}
      />
      <Select
        label="Kind"
        value={query.kind}
        options={[any, ...options.kinds.map((each) => [each, kindNames[each as Plural]] as const)]}
        onChange={(kind) => onChange({ kind })}
      />
      <Select
        label="Flink"
        value={query.version}
        options={[any, ...options.versions.map((each) => [each, formatVersion(each)] as const)]}
        onChange={(version) => onChange({ version })}
      />
      <label class={`select${query.label === "" ? "" : " set"}`}>
        <span>Label</span>
        <input
          type="text"
          list="labels"
          placeholder="key=value"
          value={query.label}
          onInput={(event) => onChange({ label: event.currentTarget.value })}
        />
      </label>
      <datalist id="labels">
        {options.labels.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <Select
        label="Group by"
        value={query.group}
        options={[
          ["", "Nothing"],
          ["namespace", "Namespace"],
          ...(options.clusters.length > 1 ? [["cluster", "Cluster"] as const] : []),
          ...options.labelKeys.map((key) => [`label:${key}`, `Label ${key}`] as const),
        ]}
        onChange={(group) => onChange({ group })}
      />
      {isFiltered && (
        <button
          type="button"
          class="quiet"
          onClick={() => onChange({ ...wholeFleet, sort, descending, group })}
        >
          Clear filters
        </button>
      )}
    </search>
  );
}

/** "/" goes to the search field. */
function useSearchKey() {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      const isTyping = (event.target as Element).closest("input, select, textarea, dialog") !== null;
      if (event.key !== "/" || event.ctrlKey || event.metaKey || isTyping) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
  return search;
}
