#!/bin/bash
# Flink 1.20.1, the form flink-conf.yaml: ConfigurationUtils.convertConfigToWritableLines, by which Flink's Kubernetes client fills
# the ConfigMap of a cluster, writes a value with a "#" as it is. GlobalConfiguration, by which that cluster reads it, takes "#" for
# the begin of a comment, also in the middle of a word. The value arrives cut off, without a warning: a password, a URL with a
# fragment or an argument of a program becomes another one. Values of lists and maps lose all that follows. In the form config.yaml, of
# the same version, every value comes back as it was.
#
# Seen: flink-conf.yaml "a#b" becomes "a", the list [a#b, c] becomes [a]; config.yaml both as written.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > pom.xml <<'POM'
<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.flink</groupId><artifactId>flink-core</artifactId><version>1.20.1</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
POM
mvn -q -B -Dmaven.repo.local="$folder/repository" \
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$folder/lib"
cat > Trip.java <<'JAVA'
import java.nio.file.*;
import java.util.List;
import org.apache.flink.configuration.*;

public class Trip {
  public static void main(String[] args) throws Exception {
    ConfigOption<String> text = ConfigOptions.key("text").stringType().noDefaultValue();
    ConfigOption<List<String>> list = ConfigOptions.key("list").stringType().asList().noDefaultValue();
    Path file = Files.createTempDirectory("conf").resolve(args[0]);
    // The writer uses the form that was read last.
    Files.write(file, List.of("known: value"));
    GlobalConfiguration.loadConfiguration(file.getParent().toString());
    Configuration written = new Configuration();
    written.set(text, "a#b");
    written.set(list, List.of("a#b", "c"));
    Files.write(file, ConfigurationUtils.convertConfigToWritableLines(written, false));
    Configuration read = GlobalConfiguration.loadConfiguration(file.getParent().toString());
    System.out.println(read.get(text) + " " + read.get(list));
  }
}
JAVA
javac -cp 'lib/*' Trip.java
for form in flink-conf.yaml config.yaml; do
  seen=$(java -cp ".:lib/*" Trip "$form" 2> java.log || tail -5 java.log >&2)
  echo "$form: $seen"
  [ "$form" = config.yaml ] || [ "$seen" = "a [a]" ]
  [ "$form" = flink-conf.yaml ] || [ "$seen" = "a#b [a#b, c]" ]
done
