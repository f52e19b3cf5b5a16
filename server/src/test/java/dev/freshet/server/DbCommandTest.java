package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.Application;
import dev.freshet.database.Database;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.storage.DataDirectory;
import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code freshet db} on directories that no server uses. */
class DbCommandTest {
  @TempDir private Path parent;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    CommandLine commandLine = Main.commandLine(Map.of(), FunctionRunner::start);
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(args);
  }

  private Path write() {
    Path root = parent.resolve("data");
    try (DataDirectory directory = DataDirectory.open(root);
        Database database =
            Database.open(
                SqlitePersistence.open(directory.database()),
                Clock.system(),
                new Random(),
                Limits.defaults(),
                Application.systemTables())) {
      Transaction transaction = database.begin(TransactionOptions.USER);
      for (int i = 0; i < 1000; i++) {
        transaction.insert("notes", ObjectValue.of(Map.of("n", Value.of((double) i))));
      }
      database.commit(transaction, WriteSource.function("", "test:write"));
    }
    return root;
  }

  private static void sql(Path root, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + root.resolve(DataDirectory.DATABASE));
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  @Test
  void infoShowsTablesIndexesAndWhatCouldBeReclaimed() {
    String root = write().toString();
    assertThat(run("db", "info", "--data-dir", root)).isZero();
    assertThat(out.toString())
        .contains(root + " (format 2)")
        .containsPattern("\nnotes +1,000 +[0-9.]+ KiB +[0-9.]+ KiB +1,000 ")
        .containsPattern("\n  \\.by_creation_time +1,000 ")
        .contains("write-ahead log", "newest commit", "free pages", "dropped indexes")
        .doesNotContain("_environment_variables");
    assertThat(run("db", "info", "--all", "--data-dir", root)).isZero();
    assertThat(out.toString()).contains("_environment_variables");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void verifyTellsByItsExitCode() throws Exception {
    Path root = write();
    assertThat(run("db", "verify", "--data-dir", root.toString())).isZero();
    assertThat(out.toString()).startsWith("no findings: ").contains("documents");

    sql(root, "DELETE FROM idx WHERE doc = (SELECT max(doc) FROM docs)");
    out.getBuffer().setLength(0);
    assertThat(run("db", "verify", "--data-dir", root.toString())).isEqualTo(1);
    assertThat(out.toString())
        .startsWith("missing-index-row: table notes, index by_creation_time, document ")
        .contains(" — restore a backup\n")
        .contains("\n1 finding: ");

    assertThat(run("db", "verify", "--data-dir", parent.resolve("nowhere").toString()))
        .isEqualTo(2);
    assertThat(err.toString()).contains("nowhere");
    assertThat(parent.resolve("nowhere")).doesNotExist();

    Files.writeString(root.resolve(DataDirectory.VERSION), "99\n");
    assertThat(run("db", "verify", "--data-dir", root.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("format 99");
  }

  @Test
  void verifyNamesDamage() throws IOException {
    Path root = write();
    Path file = root.resolve(DataDirectory.DATABASE);
    byte[] sound = Files.readAllBytes(file);
    int at = sound.length / 2 / 4096 * 4096;
    Files.write(file, damaged(sound, at));
    assertThat(run("db", "verify", "--data-dir", root.toString())).isEqualTo(1);
    assertThat(out.toString()).contains("damaged-file: ", "page " + (at / 4096 + 1));

    Files.write(file, sound);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(at);
    }
    out.getBuffer().setLength(0);
    assertThat(run("db", "verify", "--data-dir", root.toString())).isEqualTo(1);
    assertThat(out.toString()).contains("damaged-file: ", "byte " + at, "cut short");

    Files.write(file, sound);
    Path blob = root.resolve(DataDirectory.BLOBS).resolve("ab").resolve("ab".repeat(32));
    Files.createDirectories(blob.getParent());
    Files.writeString(blob, "something else");
    out.getBuffer().setLength(0);
    assertThat(run("db", "verify", "--data-dir", root.toString())).isEqualTo(1);
    assertThat(out.toString()).contains("damaged-blob: ", blob.toString());
  }

  private static byte[] damaged(byte[] sound, int at) {
    byte[] damaged = sound.clone();
    for (int i = 0; i < 64; i++) {
      damaged[at + i] ^= (byte) 0x55;
    }
    return damaged;
  }

  @Test
  void vacuumSaysWhatItGaveBackAndNeedsTheDirectoryForItself() throws Exception {
    Path root = write();
    sql(root, "CREATE TABLE ballast AS SELECT randomblob(3000000) x");
    sql(root, "DROP TABLE ballast");
    try (DataDirectory _ = DataDirectory.open(root)) {
      assertThat(run("db", "vacuum", "--data-dir", root.toString())).isEqualTo(1);
      assertThat(err.toString()).contains("in use by another Freshet server");
    }
    assertThat(run("db", "vacuum", "--data-dir", root.toString())).isZero();
    assertThat(out.toString()).containsPattern("2\\.8\\d MiB given back");
    assertThat(run("db", "verify", "--data-dir", root.toString())).isZero();
    assertThat(run("db", "vacuum", "--data-dir", parent.resolve("nowhere").toString()))
        .isEqualTo(1);
    assertThat(parent.resolve("nowhere")).doesNotExist();
  }

  @Test
  void backupReplacesNothing() {
    Path root = write();
    Path copy = parent.resolve("copy");
    assertThat(run("db", "backup", "--data-dir", root.toString(), copy.toString())).isZero();
    assertThat(out.toString()).startsWith(copy + ": database of ").contains("no secrets");
    assertThat(run("db", "verify", "--data-dir", copy.toString())).isZero();
    assertThat(run("db", "backup", "--data-dir", root.toString(), copy.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("is not empty");
  }

  @Test
  void aCommandWithoutAVerbShowsTheVerbs() {
    assertThat(run("db")).isEqualTo(2);
    assertThat(err.toString()).contains("info", "verify", "vacuum", "backup");
  }

  @Test
  void progressIsOneLineThatDisappears() {
    StringBuilder terminal = new StringBuilder();
    try (TerminalProgress progress = TerminalProgress.on(terminal)) {
      progress.at("checking", 1, 2);
      progress.at("checking", 2, 2);
    }
    assertThat(terminal.toString()).isEqualTo("\r\u001b[Kchecking 50 % ...\r\u001b[K");
  }
}
