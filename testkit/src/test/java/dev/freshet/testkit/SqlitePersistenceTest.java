package dev.freshet.testkit;

import dev.freshet.storage.Persistence;
import dev.freshet.storage.sqlite.SqlitePersistence;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class SqlitePersistenceTest extends PersistenceContract {
  @TempDir private Path directory;

  @Override
  protected Persistence open() {
    return SqlitePersistence.open(directory.resolve("db.sqlite3"));
  }
}
