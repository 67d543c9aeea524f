package flink.operator.sql;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The values of the variables. They go into statements and nowhere else. */
final class Variables {
    /** A value below this length hides only as a word of its own: it may be part of any word. */
    private static final int SHORT = 4;

    private final Map<String, String> values;
    private final Map<String, String> hidden;

    Variables(Map<String, String> values) {
        this.values = values;
        this.hidden = hidden(values);
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    /** The value as it stands inside the quote: its own quotes are doubled, so that it cannot end the quotation. */
    String within(char quote, String name) {
        String value = values.get(name);
        return quote == '\'' || quote == '`' ? doubled(value, quote) : value;
    }

    /** The text with <code>${name}</code> in the place of each value, and of each line of a value of several lines. */
    String redact(String text) {
        String redacted = text;
        for (Map.Entry<String, String> each : hidden.entrySet()) {
            String value = each.getKey();
            if (value.length() >= SHORT) {
                redacted = redacted.replace(value, each.getValue());
            } else {
                String word = "(?<![\\w$])" + Pattern.quote(value) + "(?![\\w}])";
                redacted = Pattern.compile(word).matcher(redacted).replaceAll(Matcher.quoteReplacement(each.getValue()));
            }
        }
        return redacted;
    }

    static String redact(String text, Variables... all) {
        String redacted = text;
        for (Variables each : all) redacted = each.redact(redacted);
        return redacted;
    }

    /** Longest first: a value may be part of another. */
    private static Map<String, String> hidden(Map<String, String> values) {
        List<String[]> pairs = new ArrayList<>();
        values.forEach(
                (name, value) -> {
                    List<String> forms = new ArrayList<>();
                    forms.add(value);
                    for (String line : value.split("[\r\n]+")) forms.add(line);
                    for (String form : forms) {
                        String trimmed = form.trim();
                        if (trimmed.isEmpty()) continue;
                        pairs.add(new String[] {trimmed, "${" + name + "}"});
                        pairs.add(new String[] {doubled(trimmed, '\''), "${" + name + "}"});
                    }
                });
        pairs.sort((one, other) -> other[0].length() - one[0].length());
        Map<String, String> sorted = new LinkedHashMap<>();
        for (String[] pair : pairs) sorted.putIfAbsent(pair[0], pair[1]);
        return sorted;
    }

    private static String doubled(String value, char quote) {
        return value.replace("" + quote, "" + quote + quote);
    }
}
