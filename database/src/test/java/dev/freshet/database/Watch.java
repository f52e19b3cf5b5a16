package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber that trusts nothing: what it is shown, and all it is told, must be durable, and what
 * is called valid must be what a new read of that moment finds.
 */
record Watch(Database database, SteeredPersistence persistence, ListHistory lists) {
  private static final long PATIENCE_MILLIS = 20;

  /** Reads the lists and watches them until they change, or for a moment. */
  void watch(String name, Random random) throws Exception {
    Transaction[] read = new Transaction[1];
    ListHistory.Shown first =
        attempt(
            () ->
                lists.show(
                    name,
                    () -> {
                      read[0] = begin(database);
                      return read[0];
                    },
                    random));
    if (first == null) {
      return;
    }
    assertDurable(read[0].beginTimestamp());
    CompletableFuture<Invalidation> told = new CompletableFuture<>();
    try (Subscription subscription =
        database.subscribe(
            read[0].readSet(),
            read[0].beginTimestamp(),
            invalidation -> {
              try {
                assertDurable(invalidation.timestamp());
                told.complete(invalidation);
              } catch (Throwable e) {
                told.completeExceptionally(e);
              }
            })) {
      try {
        told.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // nothing has changed
      }
      long validThrough = subscription.validThrough();
      assertDurable(validThrough);
      ListHistory.Shown again =
          attempt(
              () ->
                  lists.showAt(
                      database.beginAt(validThrough, TransactionOptions.USER),
                      first.epoch(),
                      random));
      if (again != null) {
        assertThat(again)
            .as("at %d as at %d", validThrough, read[0].beginTimestamp())
            .isEqualTo(first);
      }
    }
  }

  private void assertDurable(long timestamp) {
    assertThat(timestamp).isLessThanOrEqualTo(persistence.durableThrough);
  }

  private interface Reading {
    ListHistory.Shown read();
  }

  /** Null if the store has failed, or the moment is too long ago. */
  private static ListHistory.@Nullable Shown attempt(Reading reading) {
    try {
      return reading.read();
    } catch (Faults.InjectedFailure e) {
      return null;
    } catch (FreshetException e) {
      assertThat(e.errorClass()).isEqualTo(ErrorClass.OUT_OF_RETENTION);
      return null;
    }
  }
}
