package dev.freshet.storage.sqlite;

import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.StoreInspection.Progress;
import dev.freshet.storage.StoreSizes;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/**
 * Measures a file. Each of its trees is shared by all of our tables or indexes, so the bytes of a
 * tree are divided among them by the bytes of their rows. The lengths of values come from the rows'
 * heads; what of a value lies on pages of its own isn't read.
 */
final class SqliteSizes {
  /** What a row needs besides the value or key that is counted, roughly. */
  private static final int DOCUMENT_ROW = 40;

  private static final int LOG_ROW = 40;
  private static final int ENTRY_ROW = 24;
  private static final int STEPS = 5;

  private final Path file;
  private final Connection connection;
  private final RetentionBounds retained;
  private final Progress progress;
  private final Map<String, Long> trees = new HashMap<>();
  private int step;

  SqliteSizes(Path file, Connection connection, RetentionBounds retained, Progress progress) {
    this.file = file;
    this.connection = connection;
    this.retained = retained;
    this.progress = progress;
  }

  StoreSizes read() throws SQLException {
    next();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE")) {
      while (rows.next()) {
        trees.put(rows.getString(1), rows.getLong(2));
      }
    }
    Map<Long, Rows> documents =
        rows(
            "SELECT tbl, count(value), total(length(value)), count(*) - count(value) FROM docs"
                + " GROUP BY tbl");
    Map<Long, Rows> revisions =
        rows(
            "SELECT coalesce(d.tbl, 0), count(*), total(length(l.prev_value)),"
                + " total(l.ts <= "
                + retained.minRevision()
                + ") FROM log l LEFT JOIN docs d ON d.doc = l.doc GROUP BY 1");
    Map<Long, Rows> entries =
        rows("SELECT idx, count(*), total(length(key)), 0 FROM idx GROUP BY idx");
    Map<Long, Rows> old =
        rows(
            "SELECT idx, count(*), total(length(key)), total(until_ts <= "
                + retained.minSnapshot()
                + ") FROM idx_old GROUP BY idx");
    return new StoreSizes(
        (int) SqliteFile.number(connection, "PRAGMA user_version"),
        size(file),
        size(SqliteHeader.log(file)),
        SqliteFile.number(connection, "PRAGMA freelist_count")
            * SqliteFile.number(connection, "PRAGMA page_size"),
        expired(revisions, old),
        SqliteFile.number(connection, "SELECT ts FROM log ORDER BY seq LIMIT 1"),
        tables(documents, revisions),
        indexes(entries, old));
  }

  private void next() {
    progress.at("measuring", step++, STEPS);
  }

  /**
   * Rows of one table or index.
   *
   * @param special deleted documents, or expired revisions or entries
   */
  private record Rows(long count, long bytes, long special) {
    static final Rows NONE = new Rows(0, 0, 0);
  }

  private Map<Long, Rows> rows(String sql) throws SQLException {
    next();
    Map<Long, Rows> all = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        all.put(rows.getLong(1), new Rows(rows.getLong(2), rows.getLong(3), rows.getLong(4)));
      }
    }
    return all;
  }

  private StoreSizes.Expired expired(Map<Long, Rows> revisions, Map<Long, Rows> old) {
    Share log = new Share(revisions, LOG_ROW, 0, tree("log"));
    Share entries = new Share(old, ENTRY_ROW, 0, tree("idx_old"));
    return new StoreSizes.Expired(
        special(revisions), log.ofSpecial(revisions), special(old), entries.ofSpecial(old));
  }

  private static long special(Map<Long, Rows> rows) {
    return rows.values().stream().mapToLong(Rows::special).sum();
  }

  private Map<Long, StoreSizes.Table> tables(Map<Long, Rows> documents, Map<Long, Rows> revisions) {
    Share disk =
        new Share(documents, DOCUMENT_ROW, DOCUMENT_ROW, tree("docs") + tree("docs_by_id"));
    Share history = new Share(revisions, LOG_ROW, 0, tree("log"));
    Map<Long, StoreSizes.Table> tables = new HashMap<>();
    union(documents, revisions)
        .forEach(
            (table, both) ->
                tables.put(
                    table,
                    new StoreSizes.Table(
                        both.first().count(),
                        both.first().bytes(),
                        disk.of(both.first()),
                        both.first().special(),
                        both.second().count(),
                        history.of(both.second()))));
    return tables;
  }

  private Map<Long, StoreSizes.Index> indexes(Map<Long, Rows> entries, Map<Long, Rows> old) {
    Share disk = new Share(entries, ENTRY_ROW, 0, tree("idx"));
    Share history = new Share(old, ENTRY_ROW, 0, tree("idx_old"));
    Map<Long, StoreSizes.Index> indexes = new HashMap<>();
    union(entries, old)
        .forEach(
            (index, both) ->
                indexes.put(
                    index,
                    new StoreSizes.Index(
                        both.first().count(),
                        both.first().bytes(),
                        disk.of(both.first()),
                        both.second().count(),
                        history.of(both.second()))));
    return indexes;
  }

  private record Both(Rows first, Rows second) {}

  private static Map<Long, Both> union(Map<Long, Rows> first, Map<Long, Rows> second) {
    Map<Long, Both> all = new HashMap<>();
    first.forEach((number, rows) -> all.put(number, new Both(rows, Rows.NONE)));
    second.forEach(
        (number, rows) ->
            all.merge(
                number, new Both(Rows.NONE, rows), (known, _) -> new Both(known.first(), rows)));
    return all;
  }

  private long tree(String name) {
    return trees.getOrDefault(name, 0L);
  }

  /** Divides the bytes of a tree. */
  private static final class Share {
    private final int perRow;
    private final int perSpecial;
    private final double factor;

    Share(Map<Long, Rows> all, int perRow, int perSpecial, long treeBytes) {
      this.perRow = perRow;
      this.perSpecial = perSpecial;
      double weights = all.values().stream().mapToDouble(this::weight).sum();
      this.factor = weights == 0 ? 0 : treeBytes / weights;
    }

    private double weight(Rows rows) {
      return rows.bytes() + (double) rows.count() * perRow + (double) rows.special() * perSpecial;
    }

    long of(Rows rows) {
      return Math.round(weight(rows) * factor);
    }

    /** Of the rows that are special, as if they were of the same size as the others. */
    long ofSpecial(Map<Long, Rows> all) {
      double sum = 0;
      for (Rows rows : all.values()) {
        sum += rows.count() == 0 ? 0 : weight(rows) * rows.special() / rows.count();
      }
      return Math.round(sum * factor);
    }
  }

  private static long size(Path file) {
    try {
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw FreshetException.internal("Can't read " + file, e);
    }
  }
}
