package dev.freshet.storage.sqlite;

import static dev.freshet.storage.Finding.Kind.BROKEN_PREVIOUS_LINK;
import static dev.freshet.storage.Finding.Kind.COMMIT_BEYOND_MAXIMUM;
import static dev.freshet.storage.Finding.Kind.RETENTION_BOUNDS;
import static dev.freshet.storage.Finding.Kind.TWO_REVISIONS_AT_ONE_TIMESTAMP;

import dev.freshet.storage.Finding;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.StoreInspection.Progress;
import dev.freshet.values.InternalId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The log in its own order: timestamps never decrease, none is beyond the recorded maximum, and no
 * commit writes a document twice. Whether rows are missing, {@link SqliteRevisions} sees from the
 * revisions that point to them.
 */
final class SqliteLogCheck {
  private static final int PROGRESS_ROWS = 10_000;

  private final Connection connection;
  private final RetentionBounds retained;
  private final Consumer<Finding> findings;
  private final Set<Long> written = new HashSet<>();

  SqliteLogCheck(Connection connection, RetentionBounds retained, Consumer<Finding> findings) {
    this.connection = connection;
    this.retained = retained;
    this.findings = findings;
  }

  void check(Progress progress) throws SQLException {
    long ceiling = SqliteBounds.read(connection, SqliteBounds.MAX_TIMESTAMP);
    long total = SqliteFile.number(connection, "SELECT max(seq) - min(seq) + 1 FROM log");
    long maximum = ceiling == 0 ? Long.MAX_VALUE : ceiling;
    if (retained.minSnapshot() > maximum) {
      report(
          RETENTION_BOUNDS,
          0,
          "the history is said to be kept from "
              + retained.minSnapshot()
              + ", after the newest commit");
    }
    long revisions = SqliteBounds.read(connection, SqliteBounds.REVISIONS_FROM);
    if (revisions > retained.minSnapshot()) {
      report(
          RETENTION_BOUNDS,
          0,
          "snapshots are said to be kept from "
              + retained.minSnapshot()
              + ", but the revisions they need only from "
              + revisions);
    }
    try (PreparedStatement select =
            connection.prepareStatement("SELECT seq, ts, doc FROM log ORDER BY seq");
        ResultSet rows = select.executeQuery()) {
      long previous = 0;
      long done = 0;
      while (rows.next()) {
        long timestamp = rows.getLong(2);
        check(rows.getLong(1), timestamp, previous, rows.getLong(3));
        if (timestamp > maximum) {
          report(
              COMMIT_BEYOND_MAXIMUM,
              rows.getLong(3),
              "log row "
                  + rows.getLong(1)
                  + " is of a commit at "
                  + timestamp
                  + ", but the recorded maximum is "
                  + maximum);
        }
        previous = timestamp;
        if (++done % PROGRESS_ROWS == 0) {
          progress.at("checking the log", done, total);
        }
      }
    }
  }

  private void check(long sequence, long timestamp, long previous, long document)
      throws SQLException {
    if (timestamp != previous) {
      written.clear();
    }
    if (timestamp < previous) {
      report(
          BROKEN_PREVIOUS_LINK,
          document,
          "log row " + sequence + " is of " + timestamp + ", but the one before of " + previous);
    }
    if (!written.add(document)) {
      report(
          TWO_REVISIONS_AT_ONE_TIMESTAMP,
          document,
          "log row " + sequence + " is its second revision at " + timestamp);
    }
  }

  private void report(Finding.Kind kind, long document, String detail) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT tbl, id FROM docs WHERE doc = ?")) {
      select.setLong(1, document);
      try (ResultSet row = select.executeQuery()) {
        boolean known = row.next();
        byte @Nullable [] id = known ? row.getBytes(2) : null;
        findings.accept(
            new Finding(
                kind,
                known ? row.getLong(1) : 0,
                id == null || id.length != InternalId.LENGTH ? null : InternalId.fromBytes(id),
                0,
                detail));
      }
    }
  }
}
