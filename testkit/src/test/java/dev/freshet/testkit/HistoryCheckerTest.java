package dev.freshet.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.testkit.History.Append;
import dev.freshet.testkit.History.Missed;
import dev.freshet.testkit.History.Operation;
import dev.freshet.testkit.History.Outcome;
import dev.freshet.testkit.History.Read;
import dev.freshet.testkit.History.RolledBack;
import dev.freshet.testkit.History.Transaction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HistoryCheckerTest {
  @Test
  void aSerialHistoryIsClean() {
    Random random = new Random(42);
    Map<String, List<Long>> state = new HashMap<>();
    List<Transaction> transactions = new ArrayList<>();
    long value = 0;
    for (int t = 0; t < 2000; t++) {
      List<Operation> operations = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String key = "k" + random.nextInt(10);
        List<Long> list = state.computeIfAbsent(key, _ -> new ArrayList<>());
        if (random.nextBoolean()) {
          list.add(value);
          operations.add(new Append(key, value++));
        } else {
          operations.add(read(key, list.toArray(Long[]::new)));
        }
      }
      // Overlapping in time, in the order of their effects.
      transactions.add(transaction("t" + t, Outcome.COMMITTED, t, t + 5, operations));
    }
    assertThat(HistoryChecker.check(new History(transactions))).isEmpty();
  }

  @Test
  void aLostUpdateIsFound() {
    assertThat(
            kinds(
                concurrent("a", read("x"), new Append("x", 1)),
                concurrent("b", read("x"), new Append("x", 2)),
                later("c", read("x", 1L, 2L))))
        .containsExactly("G-single");
  }

  @Test
  void writeSkewIsFound() {
    assertThat(
            kinds(
                concurrent("a", read("x"), new Append("y", 1)),
                concurrent("b", read("y"), new Append("x", 2)),
                later("c", read("x", 2L), read("y", 1L))))
        .containsExactly("G2");
  }

  @Test
  void circularInformationFlowIsFound() {
    assertThat(
            kinds(
                concurrent("a", new Append("x", 1), read("y", 2L)),
                concurrent("b", new Append("y", 2), read("x", 1L))))
        .containsExactly("G1c");
  }

  @Test
  void dirtyWritesAreFound() {
    assertThat(
            kinds(
                concurrent("a", new Append("x", 1), new Append("y", 1)),
                concurrent("b", new Append("x", 2), new Append("y", 2)),
                later("c", read("x", 1L, 2L), read("y", 2L, 1L))))
        .containsExactly("G0");
  }

  @Test
  void readsOfFailedIntermediateAndInventedWritesAreFound() {
    assertThat(
            kinds(
                transaction("a", Outcome.FAILED, 0, 9, List.of(new Append("x", 1))),
                concurrent("b", read("x", 1L))))
        .containsExactly("G1a");
    assertThat(
            kinds(
                concurrent("a", new Append("x", 1), new Append("x", 2)),
                concurrent("b", read("x", 1L)),
                later("c", read("x", 1L, 2L))))
        .contains("G1b");
    assertThat(kinds(concurrent("b", read("x", 7L)))).contains("garbage read");
  }

  @Test
  void aStaleReadAfterAnAnswerIsFound() {
    assertThat(
            kinds(
                transaction("a", Outcome.COMMITTED, 0, 1, List.of(new Append("x", 1))),
                transaction("b", Outcome.COMMITTED, 2, 3, List.of(read("x"))),
                later("c", read("x", 1L))))
        .containsExactly("G-single (real time)");
  }

  @Test
  void anUnknownTransactionMayHaveTakenEffectOrNot() {
    Transaction unknown = transaction("a", Outcome.UNKNOWN, 0, 1, List.of(new Append("x", 1)));
    assertThat(kinds(unknown, later("b", read("x", 1L)))).isEmpty();
    assertThat(kinds(unknown, later("b", read("x")))).isEmpty();
  }

  @Test
  void aTransactionMustSeeItsOwnWrites() {
    assertThat(kinds(concurrent("a", read("x"), new Append("x", 1), read("x"))))
        .contains("internal");
  }

  private static Missed missed(String key, int length) {
    return new Missed(key, "length > " + length, values -> values.size() > length);
  }

  @Test
  void whatAPredicateMissedWasReadToo() {
    Transaction first = transaction("first", Outcome.COMMITTED, 0, 1, List.of(new Append("x", 1)));
    Transaction end = later("end", read("x", 1L, 2L));
    assertThat(
            kinds(
                first,
                transaction("a", Outcome.COMMITTED, 2, 9, List.of(new Append("x", 2))),
                transaction("b", Outcome.COMMITTED, 2, 9, List.of(missed("x", 1))),
                end))
        .isEmpty();
    assertThat(
            kinds(
                first,
                transaction("a", Outcome.COMMITTED, 2, 3, List.of(new Append("x", 2))),
                transaction("b", Outcome.COMMITTED, 4, 9, List.of(missed("x", 1))),
                end))
        .containsExactly("G-single (real time)");
    assertThat(kinds(first, transaction("b", Outcome.COMMITTED, 4, 9, List.of(missed("x", 0)))))
        .as("without anybody who knows")
        .isEmpty();
  }

  @Test
  void phantomsAreFound() {
    assertThat(
            kinds(
                concurrent("a", missed("x", 0), new Append("y", 1)),
                concurrent("b", missed("y", 0), new Append("x", 2)),
                later("c", read("x", 2L), read("y", 1L))))
        .containsExactly("G2");
  }

  @Test
  void whatWasRolledBackIsSeenNowhereElse() {
    RolledBack part = new RolledBack(List.of(new Append("x", 1), read("x", 1L)));
    assertThat(kinds(concurrent("a", part, read("x"), new Append("x", 2), read("x", 2L))))
        .isEmpty();
    assertThat(kinds(concurrent("a", part), concurrent("b", read("x", 1L)))).contains("G1a");
    assertThat(kinds(concurrent("a", part, read("x", 1L)))).contains("internal");
    assertThat(kinds(concurrent("a", new Append("x", 2), new RolledBack(List.of(read("x"))))))
        .contains("internal");
    assertThat(kinds(concurrent("a", new RolledBack(List.of(new Append("x", 1), read("x"))))))
        .contains("internal");
  }

  @Test
  void whatARolledBackPartReadCounts() {
    assertThat(
            kinds(
                concurrent("a", new RolledBack(List.of(read("x"))), new Append("x", 1)),
                concurrent("b", read("x"), new Append("x", 2)),
                later("c", read("x", 1L, 2L))))
        .containsExactly("G-single");
  }

  private static List<String> kinds(Transaction... transactions) {
    return HistoryChecker.check(new History(List.of(transactions))).stream()
        .map(HistoryChecker.Anomaly::kind)
        .toList();
  }

  private static Read read(String key, Long... values) {
    return new Read(key, Arrays.asList(values));
  }

  private static Transaction concurrent(String name, Operation... operations) {
    return transaction(name, Outcome.COMMITTED, 0, 9, List.of(operations));
  }

  private static Transaction later(String name, Operation... operations) {
    return transaction(name, Outcome.COMMITTED, 10, 11, List.of(operations));
  }

  private static Transaction transaction(
      String name, Outcome outcome, long begin, long end, List<Operation> operations) {
    return new Transaction(name, outcome, begin, end, operations);
  }
}
