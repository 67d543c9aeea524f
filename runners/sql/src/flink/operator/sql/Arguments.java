package flink.operator.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** The arguments of main, which the operator writes. */
final class Arguments {
    final Script script = new Script();
    final Map<String, String> variables = new LinkedHashMap<>();
    boolean check = false;
    /** The running job, which the script is compared with; null for none. */
    RunningJob running;

    Arguments(String[] args) {
        boolean hasScript = false;
        for (int i = 0; i < args.length; i++) {
            String option = args[i];
            if (option.equals("--check")) {
                check = true;
                continue;
            }
            if (option.equals("--running")) {
                running = new RunningJob(Arrays.copyOfRange(args, i + 1, args.length));
                break;
            }
            if (i + 1 == args.length) throw refused(option + " needs a value");
            String value = args[++i];
            try {
                read(option, value);
            } catch (IOException | IllegalArgumentException failure) {
                // The exception may hold a part of a value.
                throw refused(option + " cannot be read" + (option.endsWith("base64") ? "" : ": " + value));
            }
            hasScript = hasScript || option.startsWith("--script");
        }
        if (!hasScript) throw refused("--script or --script-base64 is missing");
    }

    private void read(String option, String value) throws IOException {
        switch (option) {
            case "--script":
                Path path = Paths.get(value);
                script.add(path.getFileName().toString(), new String(Files.readAllBytes(path), UTF_8));
                break;
            case "--script-base64":
                script.add("script", unpacked(value));
                break;
            case "--variables":
                readFolder(Paths.get(value));
                break;
            case "--variables-base64":
                JsonNode object = new ObjectMapper().readTree(unpacked(value));
                for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
                    String name = names.next();
                    variables.put(name, object.get(name).asText());
                }
                break;
            default:
                throw refused("unknown option " + option);
        }
    }

    /** A mounted Secret or ConfigMap: names with a leading dot are Kubernetes' own. */
    private void readFolder(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.startsWith(".") || !Files.isRegularFile(file)) continue;
                variables.put(name, new String(Files.readAllBytes(file), UTF_8));
            }
        }
    }

    private static String unpacked(String base64) throws IOException {
        byte[] packed = Base64.getDecoder().decode(base64);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            byte[] buffer = new byte[8192];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) text.write(buffer, 0, count);
        }
        return text.toString("UTF-8");
    }

    private static SqlProblem refused(String message) {
        return new SqlProblem(message, null);
    }
}
