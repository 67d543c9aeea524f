package flink.operator.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toList;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The outcome of a check as a container's termination message: the operators of the running job whose state the script does not go on
 * from, and those of the script that tell why. All others are left out, since Kubernetes keeps few bytes.
 */
final class ComparisonJson {
    private static final int[] LENGTHS = {1000, 400, 160, 80, 40};

    private ComparisonJson() {}

    /** @param running null to compare with nothing. */
    static String of(Check check, RunningJob running) {
        ObjectNode checked = new ObjectMapper().createObjectNode();
        if (running == null) return message(checked);
        try {
            Check other = running.check();
            List<PlannedOperator> after = stateful(check);
            List<PlannedOperator> before = stateful(other);
            List<PlannedOperator> gone = without(before, after);
            List<PlannedOperator> related = relatedTo(gone, without(after, before));
            // Compared as they are: both scripts may have different variables with the same values. Printed without the values of both.
            return differences(redacted(gone, check, other), redacted(related, check, other));
        } catch (SqlProblem problem) {
            return message(checked.put("unknown", shortened(problem.getMessage(), LENGTHS[0])));
        }
    }

    private static String differences(List<PlannedOperator> before, List<PlannedOperator> after) {
        String json = "";
        for (int length : LENGTHS) {
            json = differences(before, after, length, Integer.MAX_VALUE);
            if (fits(json)) return json;
        }
        for (int most = 64; most > 0; most /= 2) {
            json = differences(before, after, LENGTHS[LENGTHS.length - 1], most);
            if (fits(json)) return json;
        }
        return json;
    }

    private static String differences(List<PlannedOperator> before, List<PlannedOperator> after, int length, int most) {
        ObjectNode checked = new ObjectMapper().createObjectNode();
        add(checked.putArray("running"), before, length, most);
        add(checked.putArray("next"), after, length, most);
        if (before.size() > most) checked.put("left", before.size() - most);
        return message(checked);
    }

    private static void add(ArrayNode array, List<PlannedOperator> operators, int length, int most) {
        for (PlannedOperator each : operators.subList(0, Math.min(most, operators.size()))) {
            array.addObject().put("id", each.id).put("description", shortened(each.description, length));
        }
    }

    private static List<PlannedOperator> stateful(Check check) {
        if (check.operators.isEmpty()) throw new SqlProblem("a statement needs what only the script itself creates", null);
        return check.operators.stream().filter(each -> each.stateful).collect(toList());
    }

    private static List<PlannedOperator> redacted(List<PlannedOperator> operators, Check check, Check other) {
        return operators.stream().map(each -> each.redacted(check.variables, other.variables)).collect(toList());
    }

    private static List<PlannedOperator> without(List<PlannedOperator> operators, List<PlannedOperator> others) {
        Set<String> known = new HashSet<>();
        for (PlannedOperator each : others) known.add(each.id + each.description);
        return operators.stream().filter(each -> !known.contains(each.id + each.description)).collect(toList());
    }

    /** What goes on from the state of one of them, or computes the same elsewhere. What is only new loses nothing. */
    private static List<PlannedOperator> relatedTo(List<PlannedOperator> gone, List<PlannedOperator> operators) {
        Set<String> known = new HashSet<>();
        for (PlannedOperator each : gone) {
            known.add(each.id);
            known.add(each.description);
        }
        return operators.stream().filter(each -> known.contains(each.id) || known.contains(each.description)).collect(toList());
    }

    /** Two texts that differ do so when they are shortened, too. */
    private static String shortened(String text, int length) {
        if (text.length() <= length) return text;
        CRC32 checksum = new CRC32();
        checksum.update(text.getBytes(UTF_8));
        return text.substring(0, length) + String.format("… (%08x)", checksum.getValue());
    }

    private static String message(ObjectNode checked) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.set("checked", checked);
        return root.toString();
    }

    private static boolean fits(String json) {
        return json.getBytes(UTF_8).length <= SqlProblem.TERMINATION_MESSAGE;
    }
}
