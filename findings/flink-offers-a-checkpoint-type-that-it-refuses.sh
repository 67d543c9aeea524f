#!/bin/bash
# POST /jobs/:id/checkpoints documents three values of checkpointType: CONFIGURED, FULL and INCREMENTAL. Flink 1.20.1 and 2.3.0
# refuse the third for every job, one with incremental checkpoints included: as an internal error (HTTP 500,
# IllegalStateException), which a client takes for a fault that passes, and not as a bad request. Only CONFIGURED gives such a job
# its incremental checkpoint.
#
# Seen, for 1.20.1 and 2.3.0 alike: CONFIGURED 202, FULL 202, INCREMENTAL 500 "Flink does not support triggering incremental
# checkpoint explicitly. See FLINK-33723."
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > Ask.java <<'JAVA'
import java.net.URI;
import java.net.http.*;
import org.apache.flink.api.common.*;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

public class Ask {
  public static void main(String[] args) throws Exception {
    Configuration configuration = Configuration.fromMap(java.util.Map.of(
        "rest.port", "0", "rest.bind-port", "0", "execution.checkpointing.interval", "1 h",
        "execution.checkpointing.incremental", "true", "execution.checkpointing.dir", "file://" + args[0],
        "state.checkpoints.dir", "file://" + args[0]));
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
    env.addSource(new Idle()).print();
    org.apache.flink.core.execution.JobClient job = env.executeAsync();
    while (job.getJobStatus().get() != JobStatus.RUNNING) Thread.sleep(100);
    Thread.sleep(3_000);
    java.lang.reflect.Field client = job.getClass().getDeclaredField("miniCluster");
    client.setAccessible(true);
    URI rest = ((org.apache.flink.runtime.minicluster.MiniCluster) client.get(job)).getRestAddress().get();
    for (String type : new String[] {"CONFIGURED", "FULL", "INCREMENTAL"}) {
      HttpRequest request = HttpRequest.newBuilder(rest.resolve("/jobs/" + job.getJobID() + "/checkpoints"))
          .header("Content-Type", "application/json")
          .POST(HttpRequest.BodyPublishers.ofString("{\"checkpointType\":\"" + type + "\"}")).build();
      HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      boolean explained = answer.body().contains("does not support triggering incremental checkpoint explicitly");
      System.out.print(type + " " + answer.statusCode() + (explained ? " unsupported" : "") + "; ");
      Thread.sleep(1_000);
    }
    System.exit(0);
  }
}
JAVA
cat > Idle.java <<'JAVA'
IMPORT
public class Idle implements SourceFunction<Long> {
  private volatile boolean runs = true;
  public void run(SourceContext<Long> context) throws Exception { while (runs) Thread.sleep(50); }
  public void cancel() { runs = false; }
}
JAVA
for version in 1.20.1 2.3.0; do
  mkdir -p "$version/classes" "$version/data"
  cat > "$version/pom.xml" <<POM
<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.flink</groupId><artifactId>flink-clients</artifactId><version>$version</version></dependency>
<dependency><groupId>org.apache.flink</groupId><artifactId>flink-streaming-java</artifactId><version>$version</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
POM
  mvn -q -B -f "$version/pom.xml" -Dmaven.repo.local="$folder/repository" \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$folder/$version/lib"
  package=org.apache.flink.streaming.api.functions.source
  [ "$version" = 2.3.0 ] && package=$package.legacy
  sed "s/IMPORT/import $package.SourceFunction;/" Idle.java > "$version/Idle.java"
  javac -cp "$version/lib/*" -d "$version/classes" Ask.java "$version/Idle.java" 2> javac.log || { cat javac.log; exit 1; }
  seen=$(timeout 120 java --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED \
    -cp "$version/classes:$version/lib/*" Ask "$folder/$version/data" 2> java.log || { tail -20 java.log >&2; true; })
  echo "Flink $version: $seen"
  [ "$seen" = "CONFIGURED 202; FULL 202; INCREMENTAL 500 unsupported; " ]
done
