package dev.freshet.storage.sqlite;

import dev.freshet.storage.Finding;
import dev.freshet.storage.StoreInspection.Progress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether the file's pages form the trees that they should, which is SQLite's own check, and
 * whether every value has the type of its column, which SQLite doesn't ask: a reader would be given
 * a number for a text, or 0 for what isn't a number.
 */
final class SqliteFileCheck {
  private static final int MAX_FINDINGS = 100;
  private static final Pattern TREE = Pattern.compile("\\bTree (\\d+)\\b");

  /** By table, how many rows have a value of a wrong type; what must not be null, SQLite checks. */
  private static final Map<String, String> WRONG_TYPES =
      Map.of(
          "docs",
          wrongTypes("docs", List.of("tbl", "ts", "log", "sum"), List.of("id", "value"), List.of()),
          "log",
          wrongTypes(
              "log",
              List.of("ts", "doc", "deleted", "prev_ts", "prev_log", "prev_sum"),
              List.of("prev_value"),
              List.of()),
          "idx",
          wrongTypes("idx", List.of("idx", "since_ts", "doc"), List.of("key"), List.of()),
          "idx_old",
          wrongTypes(
              "idx_old", List.of("idx", "until_ts", "since_ts", "doc"), List.of("key"), List.of()),
          "globals",
          wrongTypes("globals", List.of(), List.of("value"), List.of("name")));

  private final Connection connection;
  private final Consumer<Finding> findings;

  SqliteFileCheck(Connection connection, Consumer<Finding> findings) {
    this.connection = connection;
    this.findings = findings;
  }

  void check(Progress progress) {
    progress.at("checking the pages of the file", 0, 0);
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("PRAGMA integrity_check(" + MAX_FINDINGS + ")")) {
      Map<String, String> trees = new HashMap<>();
      while (rows.next()) {
        for (String line : rows.getString(1).split("\n", -1)) {
          if (!line.equals("ok") && !line.startsWith("***")) {
            if (trees.isEmpty()) {
              trees.putAll(trees());
            }
            report(named(line, trees));
          }
        }
      }
    } catch (SQLException e) {
      report("the check of the pages ended early: " + e.getMessage());
    }
    WRONG_TYPES.forEach(this::checkTypes);
  }

  private static String wrongTypes(
      String table, List<String> integers, List<String> blobs, List<String> texts) {
    List<String> wrong = new ArrayList<>();
    integers.forEach(column -> wrong.add("typeof(" + column + ") NOT IN ('integer', 'null')"));
    blobs.forEach(column -> wrong.add("typeof(" + column + ") NOT IN ('blob', 'null')"));
    texts.forEach(column -> wrong.add("typeof(" + column + ") NOT IN ('text', 'null')"));
    return "SELECT count(*) FROM " + table + " WHERE " + String.join(" OR ", wrong);
  }

  private void checkTypes(String table, String query) {
    try {
      long rows = SqliteFile.number(connection, query);
      if (rows > 0) {
        report("table " + table + " has values of a wrong type in " + rows + " rows");
      }
    } catch (SQLException e) {
      report("the types in table " + table + " can't be checked: " + e.getMessage());
    }
  }

  private void report(String detail) {
    findings.accept(new Finding(Finding.Kind.DAMAGED_FILE, 0, null, 0, detail));
  }

  /** The names of trees by the pages at which they begin. */
  private Map<String, String> trees() throws SQLException {
    Map<String, String> trees = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT rootpage, name FROM sqlite_master WHERE rootpage > 0")) {
      while (rows.next()) {
        trees.put(rows.getString(1), rows.getString(2));
      }
    }
    return trees;
  }

  private static String named(String line, Map<String, String> trees) {
    return TREE.matcher(line)
        .replaceAll(
            match -> {
              String name = trees.getOrDefault(match.group(1), "unknown");
              return Matcher.quoteReplacement("Tree " + match.group(1) + " (" + name + ")");
            });
  }
}
