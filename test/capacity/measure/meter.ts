import type { FakeCluster } from "../fake/handle.ts";
import type { FlinkCounts } from "../fake/messages.ts";
import { type Counts, difference } from "./audit.ts";
import type { AuditLog } from "./auditLog.ts";
import { type ProcessUsage, usageOf } from "./procfs.ts";

/** How often memory is read, in milliseconds: a shorter peak may be missed. */
const sampleMs = 250;

/** What a part of a run took, from its begin to a milestone of it. */
export interface Figures {
  readonly seconds: number;
  readonly operator: {
    readonly cpuSeconds: number;
    /** At the end, and the highest that was seen. */
    readonly rssMiB: number;
    readonly peakRssMiB: number;
  };
  readonly apiServerCpuSeconds: number;
  /** Requests of the operator by verb and kind. */
  readonly requests: Counts;
  readonly flink: FlinkCounts;
}

export interface MeterSources {
  readonly operatorPid: number;
  readonly apiServerPid: number;
  readonly audit: AuditLog;
  readonly fake: FakeCluster;
}

export interface Meter {
  /** What it took until now. */
  read(): Promise<Figures>;
  /** Ends the sampling of memory. */
  stop(): void;
}

interface Reading {
  readonly at: number;
  readonly operator: ProcessUsage;
  readonly apiServer: ProcessUsage;
  readonly requests: Counts;
  readonly flink: FlinkCounts;
}

export async function startMeter(sources: MeterSources): Promise<Meter> {
  const { operatorPid, apiServerPid, audit, fake } = sources;
  async function takeReading(): Promise<Reading> {
    // Processes first: they run on while the log is read.
    const [at, operator, apiServer] = [performance.now(), usageOf(operatorPid), usageOf(apiServerPid)];
    const [requests, { flink }] = await Promise.all([audit.requests(), fake.stats()]);
    return { at, operator, apiServer, requests, flink };
  }

  const first = await takeReading();
  let peakRssMiB = first.operator.rssMiB;
  const sampling = setInterval(() => {
    try {
      peakRssMiB = Math.max(peakRssMiB, usageOf(operatorPid).rssMiB);
    } catch {
      // It has ended, which whoever waits for it reports.
      clearInterval(sampling);
    }
  }, sampleMs);

  return {
    async read() {
      const now = await takeReading();
      peakRssMiB = Math.max(peakRssMiB, now.operator.rssMiB);
      return {
        seconds: (now.at - first.at) / 1000,
        operator: {
          cpuSeconds: now.operator.cpuSeconds - first.operator.cpuSeconds,
          rssMiB: now.operator.rssMiB,
          peakRssMiB,
        },
        apiServerCpuSeconds: now.apiServer.cpuSeconds - first.apiServer.cpuSeconds,
        requests: difference(now.requests, first.requests),
        flink: {
          calls: difference(now.flink.calls, first.flink.calls),
          connections: now.flink.connections - first.flink.connections,
          open: now.flink.open,
        },
      };
    },
    stop: () => clearInterval(sampling),
  };
}
