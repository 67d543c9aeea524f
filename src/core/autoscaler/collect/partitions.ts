/** Metrics of Flink's Kafka and Pulsar sources that exist once for each partition (AUTOSCALER 2). */
const kafka =
  /^.+?\.(?:kafkaCluster\.(?<cluster>.+)\.)?KafkaSourceReader\.topic\.(?<topic>.+)\.partition\.(?<partition>\d+)\.currentOffset$/;
const pulsar = /^.+\.PulsarConsumer\.(?<topic>.+)-partition-(?<partition>\d+)\..*\.numMsgsReceived$/;

/** How many partitions a source reads, by the names of its metrics. 0: not known. */
export function countPartitions(names: readonly string[]): number {
  const partitions = new Set<string>();
  for (const name of names) {
    const { cluster, topic, partition } = (kafka.exec(name) ?? pulsar.exec(name))?.groups ?? {};
    if (topic !== undefined) partitions.add(JSON.stringify([cluster, topic, partition]));
  }
  return partitions.size;
}
