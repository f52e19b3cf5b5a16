package dev.freshet.storage.sqlite;

import dev.freshet.storage.Finding;
import dev.freshet.storage.StoreInspection.Progress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether the file's pages form the trees that they should: SQLite's own check. */
final class SqliteFileCheck {
  private static final int MAX_FINDINGS = 100;
  private static final Pattern TREE = Pattern.compile("\\bTree (\\d+)\\b");

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
