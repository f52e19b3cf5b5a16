package dev.freshet.storage.sqlite;

import static dev.freshet.storage.Finding.Kind.BROKEN_PREVIOUS_LINK;
import static dev.freshet.storage.Finding.Kind.COMMIT_BEYOND_MAXIMUM;
import static dev.freshet.storage.Finding.Kind.DAMAGED_DOCUMENT;
import static dev.freshet.storage.Finding.Kind.MALFORMED_DOCUMENT;
import static dev.freshet.storage.Finding.Kind.REVISION_REMOVED_TOO_EARLY;
import static dev.freshet.storage.Finding.Kind.TWO_REVISIONS_AT_ONE_TIMESTAMP;

import dev.freshet.storage.Finding;
import dev.freshet.storage.StoreInspection.Progress;
import dev.freshet.storage.StoreInspection.RevisionVisitor;
import dev.freshet.values.InternalId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Documents with their revisions, newest first, as {@link SqliteWriter} links them: a revision
 * names the log row of its own write, and that row has the revision before. What must hold on the
 * way: the row is there unless retention may have taken it, it is of the same document and
 * timestamp, and it leads to an older revision.
 */
final class SqliteRevisions {
  private static final int PROGRESS_ROWS = 1000;
  private static final String COLUMNS = "SELECT doc, tbl, id, ts, log, value, sum FROM docs";

  private final Connection connection;
  private final long maxTimestamp;
  private final long revisionsFrom;
  private final Consumer<Finding> findings;

  SqliteRevisions(
      Connection connection, long maxTimestamp, long revisionsFrom, Consumer<Finding> findings) {
    this.connection = connection;
    this.maxTimestamp = maxTimestamp;
    this.revisionsFrom = revisionsFrom;
    this.findings = findings;
  }

  void walk(RevisionVisitor visitor, Progress progress) throws SQLException {
    long total = SqliteFile.number(connection, "SELECT max(doc) FROM docs");
    try (PreparedStatement select = connection.prepareStatement(COLUMNS + " ORDER BY doc");
        PreparedStatement follow = follow();
        ResultSet rows = select.executeQuery()) {
      long done = 0;
      while (rows.next()) {
        visit(rows, follow, visitor);
        if (++done % PROGRESS_ROWS == 0) {
          progress.at("checking documents", rows.getLong(1), total);
        }
      }
    }
  }

  void walkTable(long table, RevisionVisitor visitor) throws SQLException {
    walk(" WHERE tbl = ? ORDER BY id", table, visitor);
  }

  void walkDocument(long number, RevisionVisitor visitor) throws SQLException {
    walk(" WHERE doc = ?", number, visitor);
  }

  private void walk(String condition, long parameter, RevisionVisitor visitor) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(COLUMNS + condition);
        PreparedStatement follow = follow()) {
      select.setLong(1, parameter);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          visit(rows, follow, visitor);
        }
      }
    }
  }

  private PreparedStatement follow() throws SQLException {
    return connection.prepareStatement(
        "SELECT ts, doc, deleted, prev_ts, prev_log, prev_value, prev_sum FROM log WHERE seq = ?");
  }

  private void visit(ResultSet row, PreparedStatement follow, RevisionVisitor visitor)
      throws SQLException {
    byte @Nullable [] idBytes = row.getBytes(3);
    long number = row.getLong(1);
    long table = row.getLong(2);
    if (idBytes == null || idBytes.length != InternalId.LENGTH) {
      findings.accept(
          new Finding(
              MALFORMED_DOCUMENT, table, null, 0, "document " + number + " has no proper id"));
      return;
    }
    InternalId id = InternalId.fromBytes(idBytes);
    visitor.document(number, table, id);
    Chain chain = new Chain(number, table, id, follow, visitor);
    if (row.getLong(4) > maxTimestamp) {
      chain.report(
          COMMIT_BEYOND_MAXIMUM,
          "its newest revision is of "
              + row.getLong(4)
              + ", but the newest commit in the log is of "
              + maxTimestamp);
    }
    visitor.end(chain.follow(row.getLong(4), row.getLong(5), row.getBytes(6), row.getInt(7)));
  }

  /** The revisions of one document. */
  private final class Chain {
    private final long number;
    private final long table;
    private final InternalId id;
    private final PreparedStatement follow;
    private final RevisionVisitor visitor;

    Chain(
        long number, long table, InternalId id, PreparedStatement follow, RevisionVisitor visitor) {
      this.number = number;
      this.table = table;
      this.id = id;
      this.follow = follow;
      this.visitor = visitor;
    }

    void report(Finding.Kind kind, String detail) {
      findings.accept(new Finding(kind, table, id, 0, detail));
    }

    /** Visits a revision and all before it; returns whether the last one is the first of all. */
    boolean follow(long newestTimestamp, long newestLog, byte @Nullable [] newest, int newestSum)
        throws SQLException {
      long timestamp = newestTimestamp;
      long log = newestLog;
      byte[] value = newest;
      int sum = newestSum;
      while (true) {
        if (!ValueSum.fits(sum, value)) {
          report(DAMAGED_DOCUMENT, "its revision at " + timestamp + " is not what was written");
        }
        visitor.revision(timestamp, value);
        follow.setLong(1, log);
        try (ResultSet row = follow.executeQuery()) {
          if (!row.next()) {
            if (timestamp > revisionsFrom) {
              report(
                  REVISION_REMOVED_TOO_EARLY,
                  "log row "
                      + log
                      + " of its revision at "
                      + timestamp
                      + " is missing, though the history is kept from "
                      + revisionsFrom);
            }
            return false;
          }
          if (!leadsBack(row, log, timestamp, value == null)) {
            return false;
          }
          timestamp = row.getLong(4);
          if (timestamp == 0) {
            return true;
          }
          log = row.getLong(5);
          value = row.getBytes(6);
          sum = row.getInt(7);
        }
      }
    }

    private boolean leadsBack(ResultSet row, long log, long timestamp, boolean deleted)
        throws SQLException {
      long previous = row.getLong(4);
      long previousLog = row.getLong(5);
      if (row.getLong(2) != number || row.getLong(1) != timestamp) {
        report(
            BROKEN_PREVIOUS_LINK,
            "its revision at "
                + timestamp
                + " names log row "
                + log
                + ", which is of document "
                + row.getLong(2)
                + " at "
                + row.getLong(1));
        return false;
      }
      if (row.getInt(3) != 0 != deleted) {
        report(
            BROKEN_PREVIOUS_LINK,
            "its revision at "
                + timestamp
                + (deleted ? " is a deletion" : " is none")
                + ", but log row "
                + log
                + " says otherwise");
      }
      if (previous == timestamp) {
        report(
            TWO_REVISIONS_AT_ONE_TIMESTAMP,
            "log row " + log + " replaces a revision of its own timestamp " + timestamp);
        return false;
      }
      if ((previous == 0) != (previousLog == 0)) {
        report(
            BROKEN_PREVIOUS_LINK,
            "log row "
                + log
                + " of "
                + timestamp
                + " replaces a revision of "
                + previous
                + ", whose log row would be "
                + previousLog);
        return false;
      }
      if (previous > timestamp || (previous != 0 && previousLog >= log)) {
        report(
            BROKEN_PREVIOUS_LINK,
            "log row " + log + " of " + timestamp + " leads forward, to " + previous);
        return false;
      }
      return true;
    }
  }
}
