package dev.freshet.app;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.freshet.database.ConflictException;
import dev.freshet.database.Database;
import dev.freshet.database.Patch;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.database.WriteSource;
import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.testkit.SimulatedClock;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConflictReportTest {
  private final SimulatedClock clock = new SimulatedClock();
  private final ConflictReport report =
      new ConflictReport(Limits.of(Map.of(Limit.MAX_CONFLICTS_KEPT, 2L)), clock);
  private final Database database =
      Database.open(
          new InMemoryPersistence(), Clock.system(), new Random(), Limits.defaults(), List.of());

  @AfterEach
  void close() {
    database.close();
  }

  private DocumentId insert() {
    Transaction transaction = database.begin(TransactionOptions.USER);
    DocumentId id = transaction.insert("counters", ObjectValue.of(Map.of())).id();
    database.commit(transaction, WriteSource.UNKNOWN);
    return id;
  }

  private ConflictException conflict(DocumentId id) {
    Transaction loser = database.begin(TransactionOptions.USER);
    Transaction winner = database.begin(TransactionOptions.USER);
    for (Transaction transaction : List.of(winner, loser)) {
      double n = transaction == winner ? 1 : 2;
      transaction.patch(
          id, Patch.of(ObjectValue.of(Map.of("n", Value.of(n + database.latestTimestamp())))));
    }
    database.commit(winner, WriteSource.function("", "counters:other"));
    return catchThrowableOfType(
        ConflictException.class,
        () -> database.commit(loser, WriteSource.function("", "counters:increment")));
  }

  @Test
  void countsByFunctionAndDocument() {
    DocumentId id = insert();
    report.add("counters:increment", conflict(id), 0, true);
    clock.advance(Duration.ofSeconds(1));
    report.add("counters:increment", conflict(id), 1, false);
    report.add("counters:set", conflict(id), 0, true);
    assertThat(report.lines())
        .containsExactly(
            new ConflictReport.Line(
                "counters:increment",
                "counters",
                id.encode(),
                "counters:other",
                2,
                1,
                1,
                clock.unixMillis()),
            new ConflictReport.Line(
                "counters:set",
                "counters",
                id.encode(),
                "counters:other",
                1,
                0,
                1,
                clock.unixMillis()));
  }

  @Test
  void forgetsWhatHasBeenQuietForLongest() {
    DocumentId id = insert();
    report.add("a:a", conflict(id), 0, true);
    report.add("b:b", conflict(id), 0, true);
    report.add("a:a", conflict(id), 0, true);
    report.add("c:c", conflict(id), 0, true);
    assertThat(report.lines())
        .extracting(ConflictReport.Line::function)
        .containsExactly("a:a", "c:c");
  }

  @Test
  void theLogGetsALineAtAConflictButOneAMinuteAtMost() {
    DocumentId id = insert();
    ConflictReport.Notice first = requireNonNull(report.count("a:a", conflict(id), 0, true));
    assertThat(first.text())
        .contains("1 since")
        .contains("0 reached callers")
        .endsWith("a:a against counters:other, document " + id.encode() + " of table counters");
    clock.advance(Duration.ofSeconds(59));
    assertThat(report.count("b:b", conflict(id), 0, true)).isNull();
    assertThat(report.count("b:b", conflict(id), 4, false)).isNull();
    clock.advance(Duration.ofSeconds(1));
    ConflictReport.Notice second = requireNonNull(report.count("c:c", conflict(id), 0, true));
    assertThat(second.text()).contains("3 since").contains("1 reached callers").contains("c:c");
    assertThat(second.failures()).isOne();
  }
}
