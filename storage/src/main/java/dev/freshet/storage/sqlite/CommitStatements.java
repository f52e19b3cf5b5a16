package dev.freshet.storage.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * The statements of the commit path, prepared once. The driver finalizes a statement that fails, so
 * after a failure they are prepared anew.
 */
final class CommitStatements implements AutoCloseable {
  final PreparedStatement begin;
  final PreparedStatement commit;
  final PreparedStatement insertDocument;
  final PreparedStatement findDocument;
  final PreparedStatement updateDocument;
  final PreparedStatement logInsertion;
  final PreparedStatement logSuperseded;
  final PreparedStatement insertEntry;
  final PreparedStatement keepEntry;
  final PreparedStatement deleteEntry;

  CommitStatements(Connection connection) throws SQLException {
    begin = connection.prepareStatement("BEGIN IMMEDIATE");
    commit = connection.prepareStatement("COMMIT");
    insertDocument =
        connection.prepareStatement(
            "INSERT INTO docs(doc, tbl, id, ts, log, value, sum) VALUES(?, ?, ?, ?, ?, ?, ?)"
                + " ON CONFLICT(tbl, id) DO NOTHING");
    findDocument =
        connection.prepareStatement(
            "SELECT doc, ts, value IS NULL FROM docs WHERE tbl = ? AND id = ?");
    updateDocument =
        connection.prepareStatement(
            "UPDATE docs SET ts = ?, log = ?, value = ?, sum = ? WHERE doc = ?");
    logInsertion =
        connection.prepareStatement(
            "INSERT INTO log(seq, ts, doc, deleted, prev_ts, prev_log, prev_value)"
                + " VALUES(?, ?, ?, 0, 0, 0, NULL)");
    logSuperseded =
        connection.prepareStatement(
            "INSERT INTO log(seq, ts, doc, deleted, prev_ts, prev_log, prev_value, prev_sum)"
                + " SELECT ?, ?, doc, ?, ts, log, value, sum FROM docs WHERE doc = ?");
    insertEntry =
        connection.prepareStatement("INSERT INTO idx(idx, key, since_ts, doc) VALUES(?, ?, ?, ?)");
    keepEntry =
        connection.prepareStatement(
            "INSERT INTO idx_old(idx, until_ts, key, since_ts, doc)"
                + " SELECT idx, ?, key, since_ts, doc FROM idx WHERE idx = ? AND key = ?");
    deleteEntry = connection.prepareStatement("DELETE FROM idx WHERE idx = ? AND key = ?");
  }

  @Override
  public void close() throws SQLException {
    SQLException failure = null;
    for (PreparedStatement statement :
        new PreparedStatement[] {
          begin,
          commit,
          insertDocument,
          findDocument,
          updateDocument,
          logInsertion,
          logSuperseded,
          insertEntry,
          keepEntry,
          deleteEntry
        }) {
      try {
        statement.close();
      } catch (SQLException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
