import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { FleetRow, OwnedObject } from "../../src/dashboard/contract.ts";
import { requestText } from "../api/request.ts";
import { inCluster } from "../api/session.ts";
import { urlOf } from "../api/urls.ts";
import { Select } from "../fleet/Select.tsx";
import { Card } from "../layout/Card.tsx";
import { Scroll } from "../layout/Scroll.tsx";
import { type LogLine, levelOf, mergeLines, podsOf } from "./logLines.ts";

interface Props {
  readonly row: FleetRow;
  readonly objects: readonly OwnedObject[];
}

const EVERY_MS = 2000;

/** The end of a container's log. Following asks again every two seconds. */
export function Logs({ row, objects }: Props) {
  const pods = podsOf(objects);
  const [chosenPod, setPod] = useState("");
  const [chosenContainer, setContainer] = useState("");
  const [tail, setTail] = useState("500");
  const [previous, setPrevious] = useState(false);
  const [follow, setFollow] = useState(true);
  const [words, setWords] = useState("");
  const pod = pods.find((each) => each.pod === chosenPod) ?? pods[0];
  const container = pod?.containers.find((each) => each === chosenContainer) ?? pod?.containers[0];
  const { lines, problem } = useLog(row, pod?.pod, container, { tail, previous, follow });
  if (pod === undefined) return null;
  const query = { pod: pod.pod, container: container ?? "", tail: "100000", previous: String(previous) };
  return (
    <Card title="Logs">
      <div class="filters">
        <Select
          label="Pod"
          value={pod.pod}
          options={pods.map((each) => [each.pod, each.pod])}
          onChange={setPod}
        />
        {pod.containers.length > 1 && (
          <Select
            label="Container"
            value={container ?? ""}
            options={pod.containers.map((each) => [each, each])}
            onChange={setContainer}
          />
        )}
        <Select
          label="Lines"
          value={tail}
          options={["100", "500", "2000"].map((each) => [each, each])}
          onChange={setTail}
        />
        <Switch label="Follow" on={follow} onChange={setFollow} />
        <Switch label="Previous container" on={previous} onChange={setPrevious} />
        <label class="search">
          <span class="hidden">Only lines with</span>
          <input
            type="search"
            placeholder="Only lines with…"
            value={words}
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        </label>
        <a class="button quiet" href={urlOf("logs", row, query)} download={`${pod.pod}.log`}>
          Download
        </a>
      </div>
      {problem !== undefined && (
        <p class="note is-error" role="alert">
          {problem}
        </p>
      )}
      <LogText lines={lines} words={words} follow={follow} label={`Log of ${pod.pod}`} />
    </Card>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly on: boolean;
  onChange(on: boolean): void;
}

function Switch({ label, on, onChange }: SwitchProps) {
  return (
    <label class="switch">
      <input type="checkbox" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

interface TextProps {
  readonly lines: readonly LogLine[];
  readonly words: string;
  readonly follow: boolean;
  readonly label: string;
}

function LogText({ lines, words, follow, label }: TextProps) {
  const box = useRef<HTMLElement>(null);
  const wanted = words.toLowerCase();
  const shown = wanted === "" ? lines : lines.filter(({ text }) => text.toLowerCase().includes(wanted));
  const last = shown.at(-1)?.id;
  // Scrolled when a line is new
  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, last]);
  return (
    <Scroll box={box} class="log" label={label}>
      {shown.map(({ id, text }) => (
        <div key={id} class={`log-line ${levelOf(text) ?? ""}`}>
          {text}
        </div>
      ))}
      {shown.length === 0 && (
        <div class="muted">{lines.length === 0 ? "No lines yet." : "No line has this."}</div>
      )}
    </Scroll>
  );
}

interface Wanted {
  readonly tail: string;
  readonly previous: boolean;
  readonly follow: boolean;
}

function useLog(row: FleetRow, pod: string | undefined, container: string | undefined, wanted: Wanted) {
  const { tail, previous, follow } = wanted;
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [problem, setProblem] = useState<string>();
  // Another log begins empty
  useEffect(() => setLines([]), [row.id, pod, container, previous]);
  // A row is replaced often, its id says which resource it is
  useEffect(() => {
    if (pod === undefined) return;
    let closed = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const query = { pod, container: container ?? "", tail, previous: String(previous) };
    const ask = async (): Promise<void> => {
      try {
        if (document.visibilityState === "visible") {
          const text = await inCluster(row.cluster, () => requestText(urlOf("logs", row, query)));
          if (closed) return;
          setLines((known) => mergeLines(known, text));
          setProblem(undefined);
        }
      } catch (error) {
        if (!closed) setProblem((error as Error).message);
      }
      if (!closed && follow) timer = setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      closed = true;
      clearTimeout(timer);
    };
  }, [row.id, pod, container, tail, previous, follow]);
  return { lines, problem };
}
