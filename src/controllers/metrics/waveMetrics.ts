import type { Registry } from "../../telemetry/metrics/registry.ts";
import type { MeasuredWave } from "../job/waves.ts";

/** The waves of disruptions, of namespaces in which something is disrupted or waits (docs/approval.md). */
export function measureWaves(registry: Registry, waves: () => readonly MeasuredWave[]): void {
  const gauge = (name: string, help: string, read: (wave: MeasuredWave) => number) =>
    registry.gauge(
      `flink_operator_wave_${name}`,
      help,
      () => waves().map((wave) => ({ value: read(wave), labels: { resourcens: wave.namespace } })),
      ["resourcens"],
    );
  gauge(
    "disrupted",
    "FlinkDeployments and FlinkSessionJobs of a namespace that changes which are no edits disrupt now.",
    ({ disrupted }) => disrupted,
  );
  gauge("failed", "How many of these have failed.", ({ failed }) => failed);
  gauge("waiting", "Those that wait for a place of the wave.", ({ waiting }) => waiting);
}
