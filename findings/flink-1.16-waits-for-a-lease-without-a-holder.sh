#!/bin/bash
# Flink 1.16.3 (and 1.17, with the same fabric8 client 5.12): a JobManager takes a leader election record without a holder for
# held until its lease has run out. Flink 1.18.1 leads at once. Whoever gives back the lease of a dead JobManager by emptying
# holderIdentity, as newer Flink does itself at its end, gains nothing on 1.16: the time of the last renewal has to be old, too.
#
# Seen, for a record with an empty holder that was renewed just now: 1.16.3 false, 1.18.1 true; renewed in 1970: both true.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fetch() {
  mvn -q -B -Dmaven.repo.local="$folder/repository" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact="$1" -DoutputDirectory="$folder/$2"
}
for version in 1.16.3 1.18.1; do
  fetch "org.apache.flink:flink-kubernetes:$version" "$version"
  fetch org.slf4j:slf4j-api:1.7.36 "$version"
  fetch org.slf4j:slf4j-nop:1.7.36 "$version"
done
cat > Lease.java <<'JAVA'
import java.lang.reflect.*;
import java.time.*;

public class Lease {
  public static void main(String[] args) throws Exception {
    String client = args[0] + "io.fabric8.kubernetes.client.extended.leaderelection.";
    Class<?> lock = Class.forName(client + "resourcelock.Lock");
    Object noLock = Proxy.newProxyInstance(Lease.class.getClassLoader(), new Class<?>[] {lock}, (proxy, method, with) -> "me");
    Object config = made(client + "LeaderElectionConfig",
        noLock, Duration.ofSeconds(15), Duration.ofSeconds(15), Duration.ofSeconds(5), null, false, "lease");
    Class<?> type = Class.forName(client + "LeaderElector");
    Constructor<?> constructor = type.getConstructors()[0];
    Object[] parts = new Object[constructor.getParameterCount()];
    parts[1] = config;
    Object elector = constructor.newInstance(parts);
    ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
    System.out.println(mayLead(type, elector, client, now) + " " + mayLead(type, elector, client, now.withYear(1970)));
  }

  static Object mayLead(Class<?> type, Object elector, String client, ZonedDateTime renewed) throws Exception {
    Object record = made(client + "resourcelock.LeaderElectionRecord", "", Duration.ofSeconds(15), renewed, renewed, 1);
    Method method = type.getDeclaredMethod("canBecomeLeader", record.getClass());
    method.setAccessible(true);
    return method.invoke(elector, record);
  }

  static Object made(String type, Object... parts) throws Exception {
    return Class.forName(type).getConstructors()[0].newInstance(parts);
  }
}
JAVA
javac Lease.java
older=$(java -cp ".:1.16.3/*" Lease "")
newer=$(java -cp ".:1.18.1/*" Lease org.apache.flink.kubernetes.shaded.)
echo "free at once, and where it was renewed long ago: Flink 1.16.3: $older, Flink 1.18.1: $newer"
[ "$older" = "false true" ] && [ "$newer" = "true true" ]
