package dev.freshet.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.storage.IndexPage;
import dev.freshet.storage.IndexScan;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.TableScan;
import dev.freshet.storage.sqlite.SqlitePersistence;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that commits is killed at random moments: what it acknowledged is there, whole. */
final class CrashTest {
  private static final long SEED = 20_260_101;

  @TempDir private Path directory;

  private long attempted;
  private long acknowledged;

  @Test
  void killedProcessesLoseNoAcknowledgedCommitAndLeaveNoHalfOne() throws Exception {
    killAndCheck(5);
  }

  @Test
  @Tag("long")
  void manyKilledProcessesLoseNothingEither() throws Exception {
    killAndCheck(40);
  }

  private void killAndCheck(int rounds) throws Exception {
    Path file = directory.resolve("db.sqlite3");
    Random random = new Random();
    for (int round = 0; round < rounds; round++) {
      long before = acknowledged;
      runAndKill(file, 1 + random.nextInt(200));
      assertThat(acknowledged).as("progress of round %d", round).isGreaterThan(before);
      check(file);
    }
  }

  private void runAndKill(Path file, int lines) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                CommittingProcess.class.getName(),
                file.toString(),
                Long.toString(SEED))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      String line;
      int done = 0;
      while ((line = output.readLine()) != null) {
        if (note(line) && ++done >= lines) {
          break;
        }
      }
      // Not Process.destroyForcibly, which closes the output: what it wrote before it died counts.
      process.toHandle().destroyForcibly();
      while ((line = output.readLine()) != null) {
        note(line);
      }
    } finally {
      process.toHandle().destroyForcibly();
      process.waitFor();
    }
  }

  /** Returns whether the line is an acknowledgement. A line that was cut off is none. */
  private boolean note(String line) {
    int space = line.indexOf(' ');
    long timestamp = space < 0 || space + 1 == line.length() ? 0 : number(line, space + 1);
    switch (space < 0 ? "" : line.substring(0, space)) {
      case "try" -> attempted = Math.max(attempted, timestamp);
      case "done" -> {
        acknowledged = Math.max(acknowledged, Math.min(timestamp, attempted));
        return true;
      }
      default -> {}
    }
    return false;
  }

  private static long number(String line, int start) {
    return Long.parseLong(line.substring(start));
  }

  /** Compares the store with the model of the same stream, at the newest snapshots. */
  private void check(Path file) {
    try (SqlitePersistence persistence = SqlitePersistence.open(file)) {
      long newest = persistence.maxTimestamp();
      assertThat(newest).as("groups are whole").isIn(acknowledged, attempted);
      acknowledged = newest;
      InMemoryPersistence model = new InMemoryPersistence();
      RandomCommits commits = CommittingProcess.commits(SEED);
      while (commits.timestamp() < newest) {
        model.commit(List.of(commits.next()));
      }
      assertThat(commits.timestamp()).isEqualTo(newest);
      long oldest = Math.max(1, newest - CommittingProcess.READABLE_SNAPSHOTS);
      assertThat(persistence.retained().minSnapshot()).isLessThanOrEqualTo(oldest);
      for (long at = newest; at >= oldest; at -= 3) {
        assertThat(contents(persistence, at)).as("at %d", at).isEqualTo(contents(model, at));
      }
    }
  }

  private static List<String> contents(Persistence persistence, long at) {
    List<String> contents = new ArrayList<>();
    try (PersistenceReader reader = persistence.newReader()) {
      for (long table = 1; table <= 2; table++) {
        long of = table;
        reader
            .scanTable(
                new TableScan(table, null, null, false, Integer.MAX_VALUE, Long.MAX_VALUE, at))
            .rows()
            .forEach(d -> contents.add(of + " " + d.id() + "@" + d.timestamp()));
        for (long index : new long[] {100 + table, 200 + table}) {
          for (IndexPage.Row row :
              reader
                  .scan(
                      new IndexScan(
                          index,
                          table,
                          new byte[0],
                          null,
                          false,
                          Integer.MAX_VALUE,
                          Long.MAX_VALUE,
                          at))
                  .rows()) {
            contents.add(
                index
                    + " "
                    + Arrays.hashCode(row.key())
                    + " "
                    + row.document().id()
                    + "@"
                    + row.document().timestamp()
                    + "#"
                    + Arrays.hashCode(row.document().value()));
          }
        }
      }
    }
    return contents;
  }
}
