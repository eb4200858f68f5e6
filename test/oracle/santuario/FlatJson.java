import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** JSON objects whose values are strings, one a line: all that a job or an answer needs. */
final class FlatJson {
    private final String text;
    private int at;

    private FlatJson(String text) {
        this.text = text;
    }

    static Map<String, String> read(String line) {
        FlatJson reader = new FlatJson(line);
        Map<String, String> members = new LinkedHashMap<>();
        reader.expect('{');
        if (reader.take('}')) return members;
        do {
            String name = reader.string();
            reader.expect(':');
            members.put(name, reader.string());
        } while (reader.take(','));
        reader.expect('}');
        return members;
    }

    static String write(Map<String, String> members) {
        return members.entrySet().stream()
            .map(member -> quoted(member.getKey()) + ":" + quoted(member.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
    }

    private static String quoted(String value) {
        StringBuilder out = new StringBuilder("\"");
        for (char unit : value.toCharArray()) {
            if (unit == '"' || unit == '\\') out.append('\\').append(unit);
            else if (unit < ' ' || unit > '~') out.append(String.format("\\u%04x", (int) unit));
            else out.append(unit);
        }
        return out.append('"').toString();
    }

    private String string() {
        expect('"');
        StringBuilder out = new StringBuilder();
        while (!take('"')) {
            char unit = text.charAt(at++);
            out.append(unit == '\\' ? escaped() : unit);
        }
        return out.toString();
    }

    private char escaped() {
        char unit = text.charAt(at++);
        if (unit == 'u') {
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }
        int known = "bfnrt".indexOf(unit);
        return known < 0 ? unit : "\b\f\n\r\t".charAt(known);
    }

    private boolean take(char unit) {
        boolean there = at < text.length() && text.charAt(at) == unit;
        if (there) at++;
        return there;
    }

    private void expect(char unit) {
        if (!take(unit)) throw new IllegalArgumentException("no " + unit + " at " + at);
    }
}
