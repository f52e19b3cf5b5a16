package dev.freshet.database;

import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Lends readers, one call at a time, as a reader serves one thread at a time. Thread-safe. */
final class ReaderPool implements AutoCloseable {
  private final Persistence persistence;
  private final ConcurrentLinkedDeque<PersistenceReader> idle = new ConcurrentLinkedDeque<>();
  private volatile boolean closed;

  ReaderPool(Persistence persistence) {
    this.persistence = persistence;
  }

  <T extends @Nullable Object> T read(Function<PersistenceReader, T> work) {
    PersistenceReader reader = idle.pollFirst();
    if (reader == null) {
      reader = persistence.newReader();
    }
    try {
      return work.apply(reader);
    } finally {
      idle.addFirst(reader);
      if (closed) {
        close();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    for (PersistenceReader reader = idle.poll(); reader != null; reader = idle.poll()) {
      reader.close();
    }
  }
}
