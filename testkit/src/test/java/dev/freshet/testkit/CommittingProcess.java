package dev.freshet.testkit;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.sqlite.SqlitePersistence;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Commits a stream of random groups, from where the store ends, until it is killed. Tells before
 * and after each group on its standard output: {@code try N}, {@code done N}, N being the group's
 * last timestamp.
 */
final class CommittingProcess {
  private static final int TABLES = 2;
  private static final int DOCUMENTS = 40;
  private static final int GROUP = 8;

  /** History behind them is forgotten while commits go on. */
  static final int READABLE_SNAPSHOTS = 200;

  private CommittingProcess() {}

  static void main(String[] arguments) {
    PrintStream out = System.out;
    try (SqlitePersistence persistence = SqlitePersistence.open(Path.of(arguments[0]))) {
      RandomCommits commits = commits(Long.parseLong(arguments[1]));
      while (commits.timestamp() < persistence.maxTimestamp()) {
        commits.next();
      }
      Random random = new Random();
      while (true) {
        List<CommitRecord> group = new ArrayList<>();
        for (int i = random.nextInt(GROUP); i >= 0; i--) {
          group.add(commits.next());
        }
        out.println("try " + commits.timestamp());
        persistence.commit(group);
        out.println("done " + commits.timestamp());
        long oldest = Math.max(0, commits.timestamp() - READABLE_SNAPSHOTS);
        persistence.retain(RetentionBounds.at(oldest), 1 + random.nextInt(50));
      }
    }
  }

  /** The stream that every process with this seed writes. */
  static RandomCommits commits(long seed) {
    RandomCommits commits = new RandomCommits(new Random(seed), TABLES, DOCUMENTS);
    for (long table = 1; table <= TABLES; table++) {
      commits.declare(100 + table, table);
      commits.declare(200 + table, table);
    }
    return commits;
  }
}
