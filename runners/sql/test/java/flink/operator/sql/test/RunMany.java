package flink.operator.sql.test;

import static java.nio.charset.StandardCharsets.UTF_8;

import flink.operator.sql.SqlJob;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Calls the runner's main many times in one process, since starting one takes seconds. The first argument is a file with a JSON array of
 * argument arrays; the second is the file for a JSON array of what each call printed and threw, and its termination message.
 */
public final class RunMany {
    private RunMany() {}

    public static void main(String[] args) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        Path problem = Paths.get(System.getenv("SQL_PROBLEM_FILE"));
        List<ObjectNode> outcomes = new ArrayList<>();
        for (JsonNode call : mapper.readTree(Files.readAllBytes(Paths.get(args[0])))) {
            Files.deleteIfExists(problem);
            ObjectNode outcome = mapper.createObjectNode();
            PrintStream standardOut = System.out;
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            System.setOut(new PrintStream(printed, true, "UTF-8"));
            try {
                SqlJob.main(mapper.convertValue(call, String[].class));
            } catch (Throwable thrown) {
                outcome.put("thrown", thrown.toString()).put("caused", thrown.getCause() != null);
            } finally {
                System.setOut(standardOut);
            }
            outcome.put("printed", printed.toString("UTF-8"));
            if (Files.exists(problem)) outcome.put("problem", new String(Files.readAllBytes(problem), UTF_8));
            outcomes.add(outcome);
        }
        mapper.writeValue(Paths.get(args[1]).toFile(), outcomes);
    }
}
