#!/bin/bash
# Flink 1.20.1, SQL: a query that is changed from SUM(v) to MAX(v) restores from the savepoint of the old one without an error or a
# warning, and goes on from its numbers. The accumulators of both have the same shape, the operators the same ids, and nothing of the
# function's meaning is in the snapshot. The documentation says that a changed query may not be able to restore. It does restore,
# and every result from then on is wrong.
#
# Seen: v is 1 to 10. After the change the maximum of v is what the sum was, far above 10.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=1.20.1
cat > pom.xml <<POM
<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version><dependencies>
$(for artifact in flink-clients flink-table-runtime flink-table-planner_2.12 flink-connector-datagen; do
  echo "<dependency><groupId>org.apache.flink</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>"
done)
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
POM
mvn -q -B -Dmaven.repo.local="$folder/repository" \
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$folder/lib"
cat > Run.java <<'JAVA'
import java.util.Map;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.*;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

public class Run {
  /** The aggregate, the folder of savepoints, the savepoint to restore from. Prints each result and where the savepoint is. */
  public static void main(String[] args) throws Exception {
    Configuration configuration = Configuration.fromMap(Map.of("rest.port", "0"));
    if (args.length > 2) configuration.setString("execution.state-recovery.path", args[2]);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    env.setParallelism(1);
    StreamTableEnvironment tables = StreamTableEnvironment.create(env);
    tables.executeSql("CREATE TABLE numbers (v BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50',"
        + " 'fields.v.min' = '1', 'fields.v.max' = '10')");
    tables.executeSql("CREATE TABLE results (aggregate_so_far BIGINT, rows_so_far BIGINT) WITH ('connector' = 'print')");
    JobClient job = tables.executeSql("INSERT INTO results SELECT " + args[0] + "(v), COUNT(*) FROM numbers").getJobClient().get();
    while (job.getJobStatus().get() != JobStatus.RUNNING) Thread.sleep(100);
    Thread.sleep(15_000);
    String savepoint = job.stopWithSavepoint(false, args[1], SavepointFormatType.CANONICAL).get();
    System.out.println("savepoint " + savepoint);
    System.exit(0);
  }
}
JAVA
javac -cp 'lib/*' Run.java
run() {
  timeout 300 java --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED -cp ".:lib/*" Run "$@" \
    > "$1.out" 2> java.log || { tail -20 java.log >&2; exit 1; }
  sed -n 's/^+[IU]\[\([0-9]*\), .*/\1/p' "$1.out" | tail -1
}
sum=$(run SUM "file://$folder/savepoints")
savepoint=$(sed -n 's/^savepoint //p' SUM.out)
restored=$(run MAX "file://$folder/savepoints" "$savepoint")
fresh=$(run MAX "file://$folder/savepoints")
echo "SUM $sum; MAX from its savepoint $restored; MAX without it $fresh"
[ "$sum" -gt 100 ] && [ "$restored" -ge "$sum" ] && [ "$fresh" -le 10 ]
