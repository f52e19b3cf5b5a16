package dev.freshet.storage.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.DataDirectory;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Upgrades from made-up older formats: 0 has no prev_log, 1 has it empty, 2 is today's. */
class SqliteUpgradeTest {
  private static final int OLDEST = 0;

  @TempDir private Path parent;
  private Path root;
  private final List<Integer> applied = new ArrayList<>();

  /** How often a step fails, at its end, before it succeeds. */
  private int failures;

  @BeforeEach
  void writeOldFormat() throws SQLException, IOException {
    root = parent.resolve("data");
    InternalId id = new InternalId(1, 1);
    try (DataDirectory directory = DataDirectory.open(root);
        SqlitePersistence persistence = SqlitePersistence.open(directory.database())) {
      persistence.putGlobal("color", new byte[] {7});
      persistence.commit(commit(10, 1, id, 0, "catalog"));
      persistence.commit(commit(11, 40, id, 0, "a"));
      persistence.commit(commit(12, 40, id, 11, "b"));
    }
    try (Connection connection = connect()) {
      SqliteFile.run(connection, "ALTER TABLE log DROP COLUMN prev_log");
      SqliteFile.run(connection, "PRAGMA user_version = " + OLDEST);
    }
    Files.writeString(root.resolve(DataDirectory.VERSION), OLDEST + "\n");
  }

  private static List<CommitRecord> commit(
      long timestamp, long table, InternalId id, long previous, String value) {
    return List.of(
        new CommitRecord(
            timestamp,
            List.of(new DocumentWrite(table, id, previous, value.getBytes(UTF_8))),
            List.of()));
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + root.resolve(DataDirectory.DATABASE));
  }

  private SqliteUpgrade upgrade(DataDirectory directory) {
    return new SqliteUpgrade(
        directory,
        OLDEST,
        List.of(
            connection -> {
              applied.add(0);
              SqliteFile.run(connection, "ALTER TABLE log ADD COLUMN prev_log INTEGER DEFAULT 0");
              failSometimes();
            },
            connection -> {
              applied.add(1);
              SqliteFile.run(
                  connection,
                  "UPDATE log SET prev_log = coalesce((SELECT max(seq) FROM log before WHERE"
                      + " before.doc = log.doc AND before.ts = log.prev_ts), 0)");
              failSometimes();
            }));
  }

  private void failSometimes() {
    if (failures > 0) {
      failures--;
      throw new IllegalStateException("power failure");
    }
  }

  private void assertUpgraded() throws IOException {
    assertThat(Files.readString(root.resolve(DataDirectory.VERSION))).isEqualTo("2\n");
    try (DataDirectory directory = DataDirectory.open(root);
        SqlitePersistence persistence = SqlitePersistence.open(directory.database());
        var reader = persistence.newReader()) {
      assertThat(reader.document(40, new InternalId(1, 1), 11))
          .extracting(revision -> new String(requireNonNull(revision).value(), UTF_8))
          .isEqualTo("a");
    }
    try (SqliteInspection store = SqliteInspection.open(root.resolve(DataDirectory.DATABASE))) {
      store.check(finding -> assertThat(finding).isNull(), (_, _, _) -> {});
    }
  }

  @Test
  void everyStepIsTakenAndTheMetadataCopiedBefore() throws Exception {
    Path copy;
    try (DataDirectory directory = DataDirectory.open(root)) {
      copy = requireNonNull(upgrade(directory).run());
      assertThat(upgrade(directory).run()).as("there is nothing left to do").isNull();
    }
    assertThat(applied).containsExactly(0, 1);
    assertUpgraded();
    assertThat(copy).hasParent(root);
    assertThat(Files.readString(copy.resolve(DataDirectory.VERSION))).isEqualTo("0\n");
    try (Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + copy.resolve("metadata.sqlite3"))) {
      assertThat(SqliteFile.number(connection, "SELECT count(*) FROM docs")).isEqualTo(1);
      assertThat(SqliteFile.number(connection, "SELECT count(*) FROM globals WHERE name = 'color'"))
          .isEqualTo(1);
      assertThat(
              SqliteFile.number(
                  connection,
                  "SELECT count(*) FROM layout WHERE name = 'log' AND sql NOT LIKE '%prev_log%'"))
          .isEqualTo(1);
    }
  }

  @Test
  void anUpgradeThatWasInterruptedGoesOnWhereItWas() throws Exception {
    failures = 1;
    interruptedUpgrade();
    // Behind the first step: what a crash leaves before the second one has ended.
    try (DataDirectory directory = DataDirectory.open(root)) {
      new SqliteUpgrade(directory, OLDEST, firstStep()).run();
    }
    Files.writeString(root.resolve(DataDirectory.VERSION), OLDEST + "\n");
    failures = 2;
    interruptedUpgrade();
    interruptedUpgrade();
    applied.clear();
    Path copy;
    try (DataDirectory directory = DataDirectory.open(root)) {
      copy = upgrade(directory).run();
    }
    assertThat(applied).containsExactly(1);
    assertUpgraded();
    assertThat(copy).as("named, though this start didn't make it").isNotNull();
  }

  private static List<SqliteUpgrade.Step> firstStep() {
    return List.of(
        connection ->
            SqliteFile.run(connection, "ALTER TABLE log ADD COLUMN prev_log INTEGER DEFAULT 0"));
  }

  private void interruptedUpgrade() {
    try (DataDirectory directory = DataDirectory.open(root)) {
      SqliteUpgrade upgrade = upgrade(directory);
      assertThatThrownBy(upgrade::run).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void aCrashBehindTheLastStepOnlyLeavesTheVersionToNote() throws Exception {
    try (DataDirectory directory = DataDirectory.open(root)) {
      upgrade(directory).run();
    }
    Files.writeString(root.resolve(DataDirectory.VERSION), OLDEST + "\n");
    applied.clear();
    try (DataDirectory directory = DataDirectory.open(root)) {
      upgrade(directory).run();
    }
    assertThat(applied).isEmpty();
    assertUpgraded();
  }

  @Test
  void aFormatFromBeforeTheFirstStepIsRefused() {
    try (DataDirectory directory = DataDirectory.open(root)) {
      assertThatThrownBy(() -> SqliteUpgrade.run(directory))
          .asInstanceOf(InstanceOfAssertFactories.type(FreshetException.class))
          .returns("DataDirectoryTooOld", FreshetException::code);
      assertThatThrownBy(() -> SqlitePersistence.open(directory.database()))
          .asInstanceOf(InstanceOfAssertFactories.type(FreshetException.class))
          .returns("DataDirectoryTooOld", FreshetException::code);
    }
  }

  @Test
  void format1GetsChecksumsForWhatIsWrittenFromThenOn() throws Exception {
    Path old = parent.resolve("format-1");
    InternalId id = new InternalId(1, 1);
    InternalId later = new InternalId(1, 2);
    try (DataDirectory directory = DataDirectory.open(old);
        SqlitePersistence persistence = SqlitePersistence.open(directory.database())) {
      persistence.commit(commit(10, 40, id, 0, "a"));
      persistence.commit(commit(11, 40, id, 10, "b"));
    }
    root = old;
    try (Connection connection = connect()) {
      SqliteFile.run(connection, "ALTER TABLE docs DROP COLUMN sum");
      SqliteFile.run(connection, "ALTER TABLE log DROP COLUMN prev_sum");
      SqliteFile.run(connection, "PRAGMA user_version = 1");
    }
    Files.writeString(old.resolve(DataDirectory.VERSION), "1\n");
    try (DataDirectory directory = DataDirectory.open(old)) {
      assertThat(SqliteUpgrade.run(directory)).isNotNull();
      try (SqlitePersistence persistence = SqlitePersistence.open(directory.database())) {
        persistence.commit(commit(12, 40, id, 11, "c"));
        persistence.commit(commit(13, 40, later, 0, "d"));
        try (var reader = persistence.newReader()) {
          assertThat(requireNonNull(reader.document(40, id, 10)).value()).isEqualTo(utf8("a"));
          assertThat(requireNonNull(reader.document(40, id, 12)).value()).isEqualTo(utf8("c"));
        }
      }
    }
    try (Connection connection = connect()) {
      assertThat(SqliteFile.number(connection, "SELECT count(sum) FROM docs")).isEqualTo(2);
      assertThat(SqliteFile.number(connection, "SELECT count(prev_sum) FROM log")).isZero();
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void theStepsLeadToTheCurrentFormat() {
    assertThat(SqliteUpgrade.TARGET).isEqualTo(DataDirectory.FORMAT_VERSION);
  }

  @Test
  void aNewDirectoryNeedsNoUpgrade() {
    try (DataDirectory directory = DataDirectory.open(parent.resolve("new"))) {
      assertThat(SqliteUpgrade.run(directory)).isNull();
      assertThat(directory.database()).doesNotExist();
    }
  }
}
