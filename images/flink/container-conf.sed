# What an image changes in Flink's own conf/config.yaml: listen on the container's interfaces instead of the
# loopback one, and let a TaskManager find out its own host name.
/^rest:/,/^[^ #]/ s/^  \(address\|bind-address\): localhost$/  \1: 0.0.0.0/
/^jobmanager:/,/^[^ #]/ s/^  bind-host: localhost$/  bind-host: 0.0.0.0/
/^taskmanager:/,/^[^ #]/ s/^  bind-host: localhost$/  bind-host: 0.0.0.0/
/^taskmanager:/,/^[^ #]/ { /^  host: localhost$/d }
