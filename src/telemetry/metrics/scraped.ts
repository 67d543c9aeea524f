import { Gauge, type GaugeConfiguration } from "prom-client";
import type { Point } from "./point.ts";

/**
 * A metric whose points are read at the scrape and belong to it alone. prom-client's `collect` would keep them until the next
 * scrape, by keys that are made of their labels: all of it garbage of the old generation, 35 MiB before it is collected.
 */
export class Scraped extends Gauge {
  readonly type: "gauge" | "summary";
  readonly #read: () => Iterable<Point>;

  constructor(
    configuration: GaugeConfiguration<string>,
    type: "gauge" | "summary",
    read: () => Iterable<Point>,
  ) {
    super(configuration);
    this.type = type;
    this.#read = read;
  }

  override async get() {
    const values = Array.from(this.#read(), ({ name, labels, value }) => ({
      metricName: name,
      labels: { ...labels },
      value,
    }));
    return { ...(await super.get()), values };
  }
}
