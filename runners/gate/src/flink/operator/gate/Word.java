package flink.operator.gate;

import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.kubernetes.kubeclient.FlinkKubeClient;
import org.apache.flink.kubernetes.kubeclient.FlinkKubeClientFactory;
import org.apache.flink.kubernetes.kubeclient.resources.KubernetesConfigMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The path of the savepoint, in a ConfigMap that the operator writes. It is read from the API server, with Flink's own client
 * and rights: a mounted ConfigMap takes up to a minute to change in a pod. It stays there, so a JobManager that is
 * started again finds it.
 */
final class Word {
    private static final Logger LOG = LoggerFactory.getLogger(Word.class);
    private static final long PERIOD_MS = 300;

    private Word() {}

    /** {@code key}: that of this launch. What an earlier launch left under another key opens nothing. */
    static String await(String configMap, String key) throws Exception {
        String problem = null;
        try (FlinkKubeClient kubernetes =
                FlinkKubeClientFactory.getInstance()
                        .fromConfiguration(GlobalConfiguration.loadConfiguration(), "gate")) {
            while (true) {
                try {
                    Optional<String> word = read(kubernetes, configMap, key);
                    if (word.isPresent()) {
                        return word.get();
                    }
                    problem = null;
                } catch (RuntimeException failure) {
                    // The API server is away, or refuses: as long as it does, the gate stays closed.
                    if (!String.valueOf(failure.getMessage()).equals(problem)) {
                        LOG.warn("The ConfigMap {} cannot be read", configMap, failure);
                    }
                    problem = String.valueOf(failure.getMessage());
                }
                Thread.sleep(PERIOD_MS);
            }
        }
    }

    private static Optional<String> read(FlinkKubeClient kubernetes, String configMap, String key) {
        Map<String, String> data = kubernetes.getConfigMap(configMap).map(KubernetesConfigMap::getData).orElse(null);
        return Optional.ofNullable(data == null ? null : data.get(key));
    }
}
