package dev.freshet.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A table of results, readable in a terminal and in Markdown. A row that was measured in several
 * runs shows, for each column, the median and (lowest–highest).
 */
final class Report {
  /** How everything was stored that a server or SQLite stored in a benchmark. */
  static final String DURABLE = "SQLite WAL, synchronous=FULL";

  /** For rows that store nothing. */
  static final String NOTHING_STORED = "–";

  private static final String NAME = "scenario";
  private static final String DURABILITY = "durability";

  /**
   * One number of a row.
   *
   * @param decimals how many to print
   */
  record Measure(String column, double value, int decimals) {
    private String text() {
      return text(value);
    }

    private String text(double number) {
      return Double.isNaN(number)
          ? "–"
          : String.format(Locale.ROOT, "%,." + decimals + "f", number);
    }
  }

  private record Row(String durability, Map<String, List<Measure>> measures) {}

  private final Map<String, Row> rows = new LinkedHashMap<>();
  private final Set<String> columns = new LinkedHashSet<>();
  private final List<String> notes = new ArrayList<>();

  /** Adds what one run has measured. */
  void add(String name, String durability, List<Measure> measures) {
    Row row = rows.computeIfAbsent(name, _ -> new Row(durability, new LinkedHashMap<>()));
    StringBuilder line = new StringBuilder("  ").append(name);
    for (Measure measure : measures) {
      columns.add(measure.column());
      row.measures().computeIfAbsent(measure.column(), _ -> new ArrayList<>()).add(measure);
      line.append("; ").append(measure.column()).append(' ').append(measure.text());
    }
    System.err.println(line);
  }

  void note(String text) {
    if (!notes.contains(text)) {
      notes.add(text);
    }
  }

  /** Adds closed loops against a server. */
  void add(String name, ClosedLoop.Result result) {
    add(name, DURABLE, result);
  }

  void add(String name, String durability, ClosedLoop.Result result) {
    double operations = Math.max(1, result.latencies().length);
    add(
        name,
        durability,
        List.of(
            new Measure("per second", result.perSecond(), 0),
            new Measure("p50 ms", result.percentileMillis(0.5), 1),
            new Measure("p99 ms", result.percentileMillis(0.99), 1),
            new Measure("errors", result.errorCount(), 0),
            new Measure("server CPU µs/op", result.cpu().serverMicros() / operations, 0),
            new Measure("runner CPU µs/op", result.cpu().runnerMicros() / operations, 0)));
    result.errors().forEach((kind, count) -> note(name + ": " + count + " × " + kind));
  }

  /** Adds a baseline of the store without a server. */
  void add(String name, double perSecond, double p50Millis, double p99Millis) {
    add(
        name,
        DURABLE,
        List.of(
            new Measure("per second", perSecond, 0),
            new Measure("p50 ms", p50Millis, 2),
            new Measure("p99 ms", p99Millis, 2)));
  }

  /** Markdown with aligned columns. */
  String markdown() {
    List<List<String>> table = new ArrayList<>();
    List<String> header = new ArrayList<>(List.of(NAME));
    header.addAll(columns);
    header.add(DURABILITY);
    table.add(header);
    rows.forEach((name, row) -> table.add(cells(name, row)));
    int[] widths = new int[header.size()];
    for (List<String> line : table) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    line(text, table.getFirst(), widths);
    text.append('|');
    for (int i = 0; i < widths.length; i++) {
      text.append("-".repeat(widths[i] + 1)).append(isText(i, widths) ? "-|" : ":|");
    }
    text.append('\n');
    table.subList(1, table.size()).forEach(line -> line(text, line, widths));
    notes.forEach(note -> text.append("\n- ").append(note));
    return text.toString();
  }

  private List<String> cells(String name, Row row) {
    List<String> cells = new ArrayList<>();
    cells.add(name);
    for (String column : columns) {
      List<Measure> runs = row.measures().get(column);
      cells.add(runs == null ? "" : cell(runs));
    }
    cells.add(row.durability());
    return cells;
  }

  private static String cell(List<Measure> runs) {
    double[] values = runs.stream().mapToDouble(Measure::value).sorted().toArray();
    Measure format = runs.getFirst();
    String median = format.text(median(values));
    String lowest = format.text(values[0]);
    String highest = format.text(values[values.length - 1]);
    return lowest.equals(highest) ? median : median + " (" + lowest + "–" + highest + ")";
  }

  private static double median(double[] sorted) {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static boolean isText(int column, int[] widths) {
    return column == 0 || column == widths.length - 1;
  }

  private static void line(StringBuilder text, List<String> cells, int[] widths) {
    text.append('|');
    for (int i = 0; i < widths.length; i++) {
      String cell = cells.get(i);
      String padding = " ".repeat(widths[i] - cell.length());
      text.append(' ').append(isText(i, widths) ? cell + padding : padding + cell).append(" |");
    }
    text.append('\n');
  }
}
