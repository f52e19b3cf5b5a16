package dev.freshet.storage.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.storage.PersistenceReader;
import dev.freshet.values.FreshetException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteReadersTest {
  @TempDir private Path directory;

  @Test
  void aBurstOfReadersLeavesFewConnectionsBehind() {
    try (SqlitePersistence persistence = SqlitePersistence.open(directory.resolve("db.sqlite3"))) {
      List<PersistenceReader> burst = new ArrayList<>();
      for (int i = 0; i < 4 * SqlitePersistence.IDLE_READERS; i++) {
        burst.add(persistence.newReader());
      }
      burst.forEach(PersistenceReader::close);
      assertThat(persistence.idleReaders()).isEqualTo(SqlitePersistence.IDLE_READERS);
    }
  }

  @Test
  void aReaderThatIsGivenBackLateIsClosedWithTheOthers() {
    SqlitePersistence persistence = SqlitePersistence.open(directory.resolve("db.sqlite3"));
    PersistenceReader late = persistence.newReader();
    persistence.close();
    late.close();
    assertThat(persistence.idleReaders()).isZero();
    assertThatThrownBy(persistence::newReader)
        .isInstanceOf(FreshetException.class)
        .hasMessageContaining("closed");
  }
}
