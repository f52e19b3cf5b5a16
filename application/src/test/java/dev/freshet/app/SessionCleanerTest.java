package dev.freshet.app;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.database.Database;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.testkit.SimulatedClock;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SessionCleanerTest {
  private final SimulatedClock clock = new SimulatedClock();
  private final Database database =
      Database.open(
          new InMemoryPersistence(),
          clock,
          new Random(1),
          Limits.defaults(),
          List.of(SessionRequests.TABLE));

  @AfterEach
  void close() {
    database.close();
  }

  private SessionRequestId record(byte[] result) {
    SessionRequestId request = new SessionRequestId(UUID.randomUUID(), 1);
    Transaction transaction = database.begin(TransactionOptions.USER);
    SessionRequests.record(
        transaction, request, new CallOutcome.Success(result, List.of("[LOG] 'x'")));
    database.commit(transaction, WriteSource.function("", "a:b"));
    return request;
  }

  private boolean isKnown(SessionRequestId request) {
    return SessionRequests.find(database.begin(TransactionOptions.USER), request) != null;
  }

  @Test
  void forgetsRequestsAfterTwoWeeks() {
    SessionRequestId old = record(new byte[] {'1'});
    clock.advance(Duration.ofDays(13));
    SessionRequestId recent = record(new byte[] {'2'});
    SessionCleaner cleaner = new SessionCleaner(database, Limits.defaults(), clock);
    assertThat(cleaner.clean()).isZero();
    clock.advance(Duration.ofDays(2));
    assertThat(cleaner.clean()).isEqualTo(1);
    assertThat(isKnown(old)).isFalse();
    assertThat(isKnown(recent)).isTrue();
  }

  @Test
  void remembersResultsThatAreLargerThanADocument() {
    byte[] result = new byte[3_000_000];
    new Random(1).nextBytes(result);
    SessionRequestId request = record(result);
    MutationResult found =
        requireNonNull(SessionRequests.find(database.begin(TransactionOptions.USER), request));
    assertThat(((CallOutcome.Success) found.outcome()).value()).isEqualTo(result);
    assertThat(found.outcome().logLines()).containsExactly("[LOG] 'x'");
    assertThat(found.timestamp()).isEqualTo(database.latestTimestamp());
  }
}
