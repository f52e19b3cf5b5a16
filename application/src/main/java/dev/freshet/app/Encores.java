package dev.freshet.app;

import dev.freshet.database.Database;
import dev.freshet.database.Invalidation;
import dev.freshet.database.ReadSet;
import dev.freshet.database.Subscription;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a query that several watch once before it tells them that its last result is over: all of
 * them then find the new result in the cache, where each would have had to wait for it on a thread
 * of its own. Watchers that don't ask again cost this one run and no more. When many such queries
 * are over at once, those beyond the places there are get told without it, and the watchers that
 * come first run them.
 */
final class Encores implements Audience.Stage {
  private static final Logger log = LoggerFactory.getLogger(Encores.class);

  private final Database database;
  private final Consumer<QueryRequest> run;
  private final Semaphore places;

  /**
   * @param run runs a query for the cache
   * @param places how many may run at once
   */
  Encores(Database database, Consumer<QueryRequest> run, int places) {
    this.database = database;
    this.run = run;
    this.places = new Semaphore(places);
  }

  @Override
  public Subscription subscribe(ReadSet reads, long validAt, Consumer<Invalidation> listener) {
    return database.subscribe(reads, validAt, listener);
  }

  @Override
  public void over(@Nullable QueryRequest encore, Runnable tell) {
    if (encore == null || !places.tryAcquire()) {
      tell.run();
      return;
    }
    Thread.ofVirtual()
        .name("query for all")
        .start(
            () -> {
              try {
                run.accept(encore);
              } catch (RuntimeException e) {
                log.debug("A query could not be run ahead of those who watch it", e);
              } finally {
                places.release();
                tell.run();
              }
            });
  }
}
