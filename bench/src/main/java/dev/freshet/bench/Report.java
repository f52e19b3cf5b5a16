package dev.freshet.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A table of results, readable in a terminal and in Markdown. */
final class Report {
  private static final String[] HEADER = {
    "scenario", "per second", "p50 ms", "p99 ms", "errors", "server CPU µs/op", "runner CPU µs/op"
  };

  private final List<String[]> rows = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  void add(String name, ClosedLoop.Result result) {
    double operations = Math.max(1, result.latencies().length);
    rows.add(
        new String[] {
          name,
          String.format(Locale.ROOT, "%,.0f", result.perSecond()),
          String.format(Locale.ROOT, "%.1f", result.percentileMillis(0.5)),
          String.format(Locale.ROOT, "%.1f", result.percentileMillis(0.99)),
          Long.toString(result.errorCount()),
          String.format(Locale.ROOT, "%.0f", result.cpu().serverMicros() / operations),
          String.format(Locale.ROOT, "%.0f", result.cpu().runnerMicros() / operations)
        });
    result.errors().forEach((kind, count) -> notes.add(name + ": " + count + " × " + kind));
    System.err.println("  " + String.join("  ", rows.getLast()));
  }

  void add(String name, double perSecond, double p50Millis, double p99Millis) {
    rows.add(
        new String[] {
          name,
          String.format(Locale.ROOT, "%,.0f", perSecond),
          String.format(Locale.ROOT, "%.2f", p50Millis),
          String.format(Locale.ROOT, "%.2f", p99Millis),
          "0",
          "",
          ""
        });
    System.err.println("  " + String.join("  ", rows.getLast()));
  }

  /** Markdown with aligned columns. */
  String markdown() {
    int[] widths = new int[HEADER.length];
    List<String[]> all = new ArrayList<>(rows);
    all.addFirst(HEADER);
    for (String[] row : all) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    StringBuilder text = new StringBuilder();
    line(text, HEADER, widths);
    text.append('|');
    for (int i = 0; i < widths.length; i++) {
      text.append("-".repeat(widths[i] + 1)).append(i == 0 ? "-|" : ":|");
    }
    text.append('\n');
    rows.forEach(row -> line(text, row, widths));
    notes.forEach(note -> text.append("\n- ").append(note));
    return text.toString();
  }

  private static void line(StringBuilder text, String[] row, int[] widths) {
    text.append('|');
    for (int i = 0; i < row.length; i++) {
      String padding = " ".repeat(widths[i] - row[i].length());
      text.append(' ').append(i == 0 ? row[i] + padding : padding + row[i]).append(" |");
    }
    text.append('\n');
  }
}
