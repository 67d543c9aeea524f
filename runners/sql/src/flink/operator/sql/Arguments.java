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
    /** Of the job itself, over that of the cluster. */
    final Map<String, String> configuration = new LinkedHashMap<>();
    /** Of the next text, in messages. */
    private String scriptName = "script";

    boolean check = false;
    /** The outcome of the check is thrown, as the answer of a session cluster. */
    boolean answer = false;
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
            if (option.equals("--answer")) {
                answer = true;
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
                throw refused(option + " cannot be read" + (option.matches("--(script|variables)") ? ": " + value : ""));
            }
            hasScript = hasScript || option.matches("--script(-base64)?");
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
                script.add(scriptName, unpacked(value));
                break;
            case "--script-name":
                scriptName = value;
                break;
            case "--variables":
                readFolder(Paths.get(value));
                break;
            case "--variables-base64":
                readObject(unpacked(value), variables);
                break;
            case "--missing":
                throw refused(value);
            case "--configuration":
                readObject(value, configuration);
                break;
            default:
                throw refused("unknown option " + option);
        }
    }

    private static void readObject(String json, Map<String, String> to) throws IOException {
        JsonNode object = new ObjectMapper().readTree(json);
        for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            to.put(name, object.get(name).asText());
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
