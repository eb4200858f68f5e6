import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Jobs in, answers out, a line of JSON each and in order. A job names itself in "job"; "verify" answers
 * a line for every signature and then {"count": …}, the others one line with "octets". A job that
 * fails answers {"error": …}.
 */
public final class Oracle {
    private Oracle() {}

    public static void main(String[] none) throws Exception {
        Gost.register();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            answer(line, out);
            if (!in.ready()) out.flush();
        }
        out.flush();
    }

    private static void answer(String line, PrintStream out) {
        try {
            Map<String, String> job = FlatJson.read(line);
            switch (job.get("job")) {
                case "transform" -> octets(Jobs.transform(job), out);
                case "sign" -> octets(Jobs.sign(job), out);
                case "sign-cms" -> octets(Cms.sign(job), out);
                case "verify-cms" -> octets(new byte[] {(byte) (Cms.verify(job) ? 1 : 0)}, out);
                case "verify" -> {
                    List<Map<String, String>> verdicts = Jobs.verify(job);
                    for (Map<String, String> each : verdicts) out.println(FlatJson.write(each));
                    out.println(FlatJson.write(Map.of("count", String.valueOf(verdicts.size()))));
                }
                default -> throw new IllegalArgumentException("no such job");
            }
        } catch (Exception failed) {
            out.println(FlatJson.write(Map.of("error", String.valueOf(failed))));
        }
    }

    private static void octets(byte[] octets, PrintStream out) {
        out.println(FlatJson.write(Map.of("octets", Base64.getEncoder().encodeToString(octets))));
    }
}
