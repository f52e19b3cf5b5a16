package dev.freshet.database;

import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.push;
import static dev.freshet.database.Databases.write;
import static dev.freshet.storage.Finding.Kind.BROKEN_PREVIOUS_LINK;
import static dev.freshet.storage.Finding.Kind.CATALOG;
import static dev.freshet.storage.Finding.Kind.COMMIT_BEYOND_MAXIMUM;
import static dev.freshet.storage.Finding.Kind.DAMAGED_DOCUMENT;
import static dev.freshet.storage.Finding.Kind.DOCUMENT_OF_DROPPED_TABLE;
import static dev.freshet.storage.Finding.Kind.INDEX_ROW_TO_WRONG_REVISION;
import static dev.freshet.storage.Finding.Kind.MALFORMED_DOCUMENT;
import static dev.freshet.storage.Finding.Kind.MISSING_INDEX_ROW;
import static dev.freshet.storage.Finding.Kind.RETENTION_BOUNDS;
import static dev.freshet.storage.Finding.Kind.REVISION_REMOVED_TOO_EARLY;
import static dev.freshet.storage.Finding.Kind.SURPLUS_INDEX_ROW;
import static dev.freshet.storage.Finding.Kind.TWO_REVISIONS_AT_ONE_TIMESTAMP;
import static dev.freshet.storage.Finding.Kind.WRONG_COUNT;
import static dev.freshet.storage.Finding.Kind.WRONG_HISTORIC_INDEX_ROW;
import static dev.freshet.storage.Finding.Kind.WRONG_KEY_BYTES;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.storage.Finding;
import dev.freshet.storage.Finding.Kind;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.sqlite.SqliteInspection;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damage done by plain SQL to a file that the database itself has written. */
class DatabaseCheckTest {
  private static final String SCHEMA =
      """
      {"tables":[{"tableName":"notes","indexes":[
        {"indexDescriptor":"by_n","fields":["n"]},
        {"indexDescriptor":"by_text","fields":["text","n"]}],"documentType":{"type":"any"}}],
       "schemaValidation":true}\
      """;

  /** What opening says of a file that it can't read, or that says that it is another version's. */
  private static final List<String> REFUSALS =
      List.of(
          "DatabaseDamaged", "DataDirectoryInvalid", "DataDirectoryTooNew", "DataDirectoryTooOld");

  private static final String VICTIM = "(SELECT doc FROM docs WHERE value LIKE '%victim%')";

  @TempDir private Path directory;
  private Path file;
  private DocumentId victim = new DocumentId(1, new InternalId(0, 0));
  private String byN = "";

  /**
   * A table with two indexes, some of it built later, with updates, deletions and a second life.
   */
  @BeforeEach
  void writeDatabase() throws SQLException {
    file = directory.resolve("db.sqlite3");
    try (Database database = Databases.open(SqlitePersistence.open(file))) {
      for (int i = 0; i < 10; i++) {
        insert(database, "notes", object("n", i, "text", "old " + i));
      }
      push(database, SCHEMA.replace("{\"indexDescriptor\":\"by_n\",\"fields\":[\"n\"]},", ""));
      push(database, SCHEMA);
      victim = insert(database, "notes", object("n", 70, "text", "victim"));
      update(database, victim, object("n", 71));
      update(database, victim, object("n", 71, "more", 1));
      update(database, victim, object("n", 72));
      DocumentId gone = insert(database, "notes", object("n", 90, "text", "gone"));
      write(database, TransactionOptions.USER, transaction -> transaction.delete(gone));
      TableLayout layout = database.catalog().layout(Namespace.ROOT, "notes");
      byN = String.valueOf(requireNonNull(requireNonNull(layout).enabled("by_n")).storage());
    }
  }

  private static void update(Database database, DocumentId id, ObjectValue fields) {
    write(
        database, TransactionOptions.USER, transaction -> transaction.patch(id, Patch.of(fields)));
  }

  private void sql(String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        assertThat(statement.executeUpdate(sql.replace("BY_N", byN))).as(sql).isPositive();
      }
    }
  }

  private List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    try (StoreInspection store = SqliteInspection.open(file)) {
      DatabaseCheck check = new DatabaseCheck(store, List.of());
      check.run(findings::add, StoreInspection.Progress.NONE);
      for (Finding finding : findings) {
        assertThat(check.describe(finding)).startsWith(finding.kind().text() + ": ");
      }
    }
    return findings;
  }

  private void assertFound(Kind... kinds) {
    List<Finding> findings = findings();
    assertThat(findings).as("%s", findings).extracting(Finding::kind).containsOnly(kinds);
  }

  @Test
  void aSoundDatabaseHasNoFindings() {
    assertThat(findings()).isEmpty();
    try (StoreInspection store = SqliteInspection.open(file)) {
      DatabaseCheck.Totals totals =
          new DatabaseCheck(store, List.of()).run(_ -> {}, StoreInspection.Progress.NONE);
      assertThat(totals.documents()).isGreaterThan(11);
      assertThat(totals.revisions()).isGreaterThan(totals.documents());
      assertThat(totals.entries()).isGreaterThan(3 * 11);
    }
  }

  @Test
  void missingIndexRow() throws SQLException {
    sql("DELETE FROM idx WHERE idx = BY_N AND doc = " + VICTIM);
    List<Finding> findings = findings();
    assertThat(findings)
        .singleElement()
        .returns(MISSING_INDEX_ROW, Finding::kind)
        .returns(victim.internalId(), Finding::id)
        .returns(Long.parseLong(byN), Finding::index);
    try (StoreInspection store = SqliteInspection.open(file)) {
      assertThat(new DatabaseCheck(store, List.of()).describe(findings.getFirst()))
          .startsWith("missing-index-row: table notes, index by_n, document " + victim.encode())
          .contains("rebuild the index");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO idx SELECT idx, CAST(key || x'00' AS BLOB), since_ts, doc FROM idx WHERE idx ="
            + " BY_N LIMIT 1",
        "INSERT INTO idx VALUES(BY_N, x'1234', 1, 4711)",
        "INSERT INTO idx SELECT idx, key, since_ts, doc FROM idx_old WHERE idx = BY_N LIMIT 1",
      })
  void surplusIndexRow(String damage) throws SQLException {
    sql(damage);
    assertFound(SURPLUS_INDEX_ROW);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE idx SET since_ts = since_ts - 1 WHERE idx = BY_N AND doc = " + VICTIM,
        "UPDATE idx SET since_ts = (SELECT max(since_ts) FROM idx_old WHERE idx = BY_N)"
            + " WHERE idx = BY_N AND doc = "
            + VICTIM,
        "UPDATE idx SET doc = doc - 1 WHERE idx = BY_N AND doc = " + VICTIM,
      })
  void indexRowToAWrongRevision(String damage) throws SQLException {
    sql(damage);
    assertThat(findings()).extracting(Finding::kind).contains(INDEX_ROW_TO_WRONG_REVISION);
  }

  @Test
  void wrongKeyBytes() throws SQLException {
    sql(
        "UPDATE idx SET key = CAST(x'0dffff' || substr(key, 4) AS BLOB) WHERE idx = BY_N AND doc = "
            + VICTIM);
    assertFound(WRONG_KEY_BYTES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE log SET prev_ts = prev_ts - 1 WHERE prev_ts > 0 AND doc = " + VICTIM,
        "UPDATE log SET prev_log = prev_log - 1 WHERE prev_ts > 0 AND doc = " + VICTIM,
        "UPDATE docs SET log = (SELECT min(seq) FROM log WHERE doc = "
            + VICTIM
            + ") WHERE doc = "
            + VICTIM,
        "UPDATE log SET prev_ts = prev_ts + 900000000000 WHERE prev_ts > 0 AND doc = " + VICTIM,
        "UPDATE log SET doc = 1 WHERE seq = (SELECT log FROM docs WHERE doc = " + VICTIM + ")",
      })
  void brokenPreviousLink(String damage) throws SQLException {
    sql(damage);
    assertThat(findings()).extracting(Finding::kind).contains(Kind.BROKEN_PREVIOUS_LINK);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE log SET prev_ts = ts WHERE seq = (SELECT log FROM docs WHERE doc = " + VICTIM + ")",
        "INSERT INTO log(ts, doc, deleted, prev_ts, prev_log) SELECT ts, doc, deleted, prev_ts,"
            + " prev_log FROM log ORDER BY seq DESC LIMIT 1",
      })
  void twoRevisionsAtOneTimestamp(String damage) throws SQLException {
    sql(damage);
    assertThat(findings()).extracting(Finding::kind).contains(TWO_REVISIONS_AT_ONE_TIMESTAMP);
  }

  @Test
  void commitBeyondTheRecordedMaximum() throws SQLException {
    // Consistent in itself: only the recorded maximum tells that it can't be.
    sql(
        "UPDATE docs SET ts = ts + 1000 WHERE ts = (SELECT max(ts) FROM docs)",
        "UPDATE log SET ts = ts + 1000 WHERE ts = (SELECT max(ts) FROM log)");
    assertThat(findings()).extracting(Finding::kind).contains(COMMIT_BEYOND_MAXIMUM);
  }

  @Test
  void documentBeyondTheNewestCommit() throws SQLException {
    sql("UPDATE docs SET ts = ts + 900000000000 WHERE doc = " + VICTIM);
    assertThat(findings()).extracting(Finding::kind).contains(COMMIT_BEYOND_MAXIMUM);
  }

  @ParameterizedTest
  @ValueSource(strings = {"min", "max"})
  void revisionRemovedInsideTheRetentionWindow(String which) throws SQLException {
    sql(
        "DELETE FROM log WHERE seq = (SELECT "
            + which
            + "(seq) FROM log WHERE doc = "
            + VICTIM
            + ")");
    List<Finding> findings = findings();
    assertThat(findings).extracting(Finding::kind).contains(REVISION_REMOVED_TOO_EARLY);
    assertThat(findings).extracting(Finding::id).contains(victim.internalId());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE docs SET sum = x''",
        "UPDATE docs SET value = CAST(value AS TEXT)",
        "UPDATE log SET prev_ts = x'' WHERE prev_ts = 0",
        "UPDATE log SET prev_value = 0 WHERE prev_ts = 0",
        "UPDATE idx SET since_ts = 1.5",
        "UPDATE globals SET value = 1 WHERE name = 'max_timestamp'"
      })
  void valuesOfAWrongType(String damage) throws SQLException {
    sql(damage);
    assertThat(refusalOrFindings()).isIn("DatabaseDamaged", Kind.DAMAGED_FILE.text());
  }

  @Test
  void aFirstRevisionThatClaimsToReplaceOne() throws SQLException {
    sql("UPDATE log SET prev_ts = 1 WHERE prev_ts = 0 AND doc = " + VICTIM);
    assertThat(findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.kind()).isEqualTo(BROKEN_PREVIOUS_LINK);
              assertThat(finding.id()).isEqualTo(victim.internalId());
            });
  }

  @Test
  void aLayoutThatIsNotOurs() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER TABLE log RENAME COLUMN ts TO tt");
    }
    assertThat(refusalOrFindings()).isEqualTo("DatabaseDamaged");
  }

  /** The code with which opening refuses, or the name of the first finding. */
  private String refusalOrFindings() {
    try {
      return findings().getFirst().kind().text();
    } catch (FreshetException e) {
      return e.code();
    }
  }

  @Test
  void documentOfADroppedTable() throws SQLException {
    sql("UPDATE docs SET tbl = 9999 WHERE doc = " + VICTIM);
    assertThat(findings()).extracting(Finding::kind).contains(DOCUMENT_OF_DROPPED_TABLE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x'01'",
        "x''",
        "x'02' || substr(value, 2)",
        "substr(value, 1, length(value) - 4)",
        "CAST(replace(value, '\"_id\"', '\"_ix\"') AS BLOB)",
        "CAST(replace(value, '_creationTime', '_creationTimf') AS BLOB)",
        "x'01' || CAST('[1]' AS BLOB)",
      })
  void malformedDocument(String value) throws SQLException {
    sql("UPDATE docs SET value = " + value + " WHERE doc = " + VICTIM);
    assertThat(findings())
        .anySatisfy(
            finding -> {
              assertThat(finding.kind()).isEqualTo(MALFORMED_DOCUMENT);
              assertThat(finding.id()).isEqualTo(victim.internalId());
            });
  }

  @Test
  void missingAndSurplusHistoricIndexRows() throws SQLException {
    sql(
        "DELETE FROM idx_old WHERE idx = BY_N AND until_ts ="
            + " (SELECT max(until_ts) FROM idx_old WHERE idx = BY_N)",
        "INSERT INTO idx_old SELECT idx, until_ts - 1, key, since_ts, doc FROM idx_old"
            + " WHERE idx = BY_N LIMIT 1");
    assertFound(WRONG_HISTORIC_INDEX_ROW);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // A table without its built-in index, an index without a table, and a name given twice.
        "UPDATE docs SET value = CAST(replace(value, 'by_creation_time', 'by_creation_timf') AS"
            + " BLOB) WHERE doc = (SELECT max(doc) FROM docs WHERE tbl = 2 AND value LIKE"
            + " '%by_creation_time%')",
        "UPDATE docs SET value = CAST(replace(value, '\"table_id\":\"', '\"table_id\":\"AAAA') AS"
            + " BLOB) WHERE doc = (SELECT max(doc) FROM docs WHERE tbl = 2)",
        "UPDATE docs SET value = CAST(replace(value, '\"notes\"', '\"_tables\"') AS BLOB)"
            + " WHERE tbl = 1",
        "UPDATE docs SET value = CAST(replace(value, '\"active\"', '\"alive\"') AS BLOB)"
            + " WHERE doc = (SELECT min(doc) + 1 FROM docs WHERE tbl = 1)",
      })
  void catalog(String damage) throws SQLException {
    sql(damage);
    assertThat(findings()).extracting(Finding::kind).contains(CATALOG);
  }

  @Test
  void wrongCounts() throws SQLException {
    byte[] counts = global("table_counts");
    counts[counts.length - 1]++;
    put("table_counts", counts);
    assertFound(WRONG_COUNT);
  }

  @Test
  void retentionBounds() throws SQLException {
    put("retained_from", new byte[] {0, 0, 0, 0, 0, 0, 0, 8});
    put("revisions_from", new byte[] {0, 0, 0, 0, 0, 0, 0, 9});
    assertFound(RETENTION_BOUNDS);
    put("retained_from", new byte[] {0x7f, 0, 0, 0, 0, 0, 0, 0});
    put("revisions_from", new byte[8]);
    assertFound(RETENTION_BOUNDS);
  }

  @Test
  void aTableThatWaitsToBePurgedIsNoFinding() {
    try (Database database = Databases.open(SqlitePersistence.open(file))) {
      database.run(
          "drop",
          transaction -> {
            TableInfo notes = requireNonNull(transaction.catalog().table(Namespace.ROOT, "notes"));
            new CatalogWriter(transaction).dropTable(notes);
          });
    }
    assertThat(findings()).isEmpty();
  }

  @Test
  void whatRetentionHasTakenIsNotMissing() throws SQLException {
    try (SqlitePersistence persistence = SqlitePersistence.open(file)) {
      long timestamp = persistence.maxTimestamp();
      persistence.retain(RetentionBounds.at(timestamp - 1), 3);
    }
    assertThat(findings()).as("in the middle of it").isEmpty();
    try (SqlitePersistence persistence = SqlitePersistence.open(file)) {
      RetentionBounds bounds = RetentionBounds.at(persistence.maxTimestamp() - 1);
      while (persistence.retain(bounds, 1000)) {}
    }
    assertThat(findings()).as("after it").isEmpty();
  }

  @Test
  void randomHistoriesAreSound() throws SQLException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Path path = directory.resolve("random.sqlite3");
    try (Database database = Databases.open(SqlitePersistence.open(path))) {
      List<DocumentId> ids = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        if (i == 100) {
          push(database, SCHEMA);
        }
        int kind = ids.isEmpty() ? 0 : random.nextInt(4);
        DocumentId id = ids.isEmpty() ? victim : ids.get(random.nextInt(ids.size()));
        switch (kind) {
          case 0 -> ids.add(insert(database, "notes", object("n", random.nextInt(5), "text", "t")));
          case 1, 2 -> update(database, id, object("n", random.nextInt(5)));
          default -> {
            ids.remove(id);
            write(database, TransactionOptions.USER, transaction -> transaction.delete(id));
          }
        }
      }
    }
    file = path;
    assertThat(findings()).as("seed %d", seed).isEmpty();
  }

  @Test
  void aValueThatIsStillWellFormedButNotWhatWasWritten() throws SQLException {
    sql("UPDATE docs SET value = CAST(replace(value, 'ictim', 'ictor') AS BLOB) WHERE tbl > 10");
    sql("UPDATE log SET prev_value = CAST(replace(prev_value, '71.0', '17.0') AS BLOB)");
    List<Finding> findings = findings();
    assertThat(findings).filteredOn(Finding::kind, DAMAGED_DOCUMENT).hasSizeGreaterThan(2);
    try (Database database = Databases.open(SqlitePersistence.open(file))) {
      Transaction transaction = database.begin(TransactionOptions.USER);
      assertThatThrownBy(() -> transaction.get(victim))
          .hasMessageContaining("has been changed in the file");
      QueryStream others =
          transaction.query(
              QuerySpec.indexRange(
                  "notes", "by_n", Order.ASC, List.of(RangeBound.eq("n", Value.of(5.0)))));
      assertThat(others.next()).as("what isn't damaged is there").isNotNull();
    }
  }

  @Test
  void whateverBitFlipsIsFoundOrChangesNoData() throws Exception {
    flip(300);
  }

  @Test
  @Tag("long")
  void whicheverOfManyBitsFlipsIsFoundOrChangesNoData() throws Exception {
    flip(30_000);
  }

  private void flip(int bits) throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Path sound = file;
    List<String> written = data(sound);
    byte[] bytes = Files.readAllBytes(sound);
    for (int i = 0; i < bits; i++) {
      int at = random.nextInt(bytes.length);
      int bit = 1 << random.nextInt(8);
      bytes[at] ^= (byte) bit;
      file = directory.resolve("flipped-" + i + ".sqlite3");
      Files.write(file, bytes);
      bytes[at] ^= (byte) bit;
      String flip = "seed %d: bit %d of byte %d".formatted(seed, bit, at);
      List<Finding> findings;
      try {
        findings = findings();
      } catch (FreshetException e) {
        assertThat(e.code()).as(flip).isIn(REFUSALS);
        continue;
      }
      if (findings.isEmpty()) {
        assertThat(data(file)).as(flip).isEqualTo(written);
      }
      Files.delete(file);
    }
    file = sound;
  }

  /** All documents with all that is known of them, and all index entries. */
  private static List<String> data(Path file) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT tbl || ' ' || hex(id) || ' ' || ts || ' ' || ifnull(hex(value), '-')"
                    + " FROM docs UNION ALL SELECT idx || ' ' || hex(key) || ' ' || doc FROM idx"
                    + " UNION ALL SELECT ts || ' ' || doc || ' ' || prev_ts || ' ' ||"
                    + " ifnull(hex(prev_value), '-') FROM log")) {
      while (row.next()) {
        rows.add(row.getString(1));
      }
    }
    return rows;
  }

  private byte[] global(String name) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT value FROM globals WHERE name = '" + name + "'")) {
      assertThat(row.next()).isTrue();
      return row.getBytes(1);
    }
  }

  private void put(String name, byte[] value) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement =
            connection.prepareStatement(
                "INSERT OR REPLACE INTO globals(name, value) VALUES(?, ?)")) {
      statement.setString(1, name);
      statement.setBytes(2, value);
      statement.executeUpdate();
    }
  }
}
