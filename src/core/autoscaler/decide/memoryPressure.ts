import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { autoscalerOptions } from "../../../config/operatorOptions/autoscaler.ts";
import { formatJavaDouble } from "../../../config/values/javaDouble.ts";
import type { AutoscalerEvent } from "../model/event.ts";
import type { EvaluatedValues } from "../model/metrics.ts";
import { readOption } from "../model/readOption.ts";

/** The event if garbage collection or the heap is above its threshold. Rates that were measured then say nothing. */
export function memoryPressure(global: EvaluatedValues, config: FlinkConfig): AutoscalerEvent | undefined {
  const pressure = (what: string, value: number, key: string): AutoscalerEvent => ({
    type: "Normal",
    reason: "MemoryPressure",
    message: `${what} ${formatJavaDouble(value)} is above the allowed limit for scaling operations. Please adjust the available memory manually.`,
    key,
    intervalMs: readOption(config, autoscalerOptions.scalingEventInterval),
  });
  const gc = global.GC_PRESSURE?.current ?? Number.NaN;
  if (gc > readOption(config, autoscalerOptions.memoryGcPressureThreshold)) {
    return pressure("GC Pressure", gc, "gcPressure");
  }
  const heap = global.HEAP_MAX_USAGE_RATIO?.average ?? Number.NaN;
  return heap > readOption(config, autoscalerOptions.memoryHeapUsageThreshold)
    ? pressure("Heap Usage", heap, "heapUsage")
    : undefined;
}
