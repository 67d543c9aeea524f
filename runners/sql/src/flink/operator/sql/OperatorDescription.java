package flink.operator.sql;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What an operator computes, without what changes although the computation does not. */
final class OperatorDescription {
    /** The number of a node in the plan: it counts on in a process. */
    private static final Pattern NUMBER = Pattern.compile("\\[\\d+](?=:)");
    private static final Pattern NUMBER_AT_END = Pattern.compile("\\[\\d+](?=$|:| )");
    /** The name of a result, not the type of a CAST, which a bracket follows. */
    private static final Pattern ALIAS = Pattern.compile(" AS [\\w$]+(?=[,\\]])");

    private OperatorDescription() {}

    static String name(String name) {
        return NUMBER_AT_END.matcher(name).replaceAll("");
    }

    static String of(String description, List<String> inputs, Map<String, String> functions) {
        String numberless = NUMBER.matcher(description).replaceAll("").replaceFirst("^:", "");
        String plain = ALIAS.matcher(numberless).replaceAll("");
        StringBuilder text = new StringBuilder(plain);
        if (!inputs.isEmpty()) text.append(" of ").append(String.join(" and ", inputs));
        functions.forEach(
                (name, type) -> {
                    if (plain.contains(name + "(")) text.append(" with ").append(name).append(" = ").append(type);
                });
        return text.toString();
    }
}
