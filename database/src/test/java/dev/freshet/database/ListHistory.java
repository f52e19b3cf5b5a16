package dev.freshet.database;

import dev.freshet.testkit.History;
import dev.freshet.testkit.History.Operation;
import dev.freshet.testkit.History.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Random transactions over few, hot lists, and the history of what they saw: single lists, ranges
 * of them, predicates, all of it in nested parts too, some of which are rolled back. The lists
 * change from time to time, so that none gets long. Thread-safe.
 */
final class ListHistory {
  private static final int TRANSACTIONS_PER_EPOCH = 60;
  private static final int NESTING = 3;

  private final AtomicLong begun = new AtomicLong();
  private final AtomicLong values = new AtomicLong();
  private final ConcurrentLinkedQueue<History.Transaction> seen = new ConcurrentLinkedQueue<>();

  /** Tells from a failure what became of a transaction. */
  interface Judge {
    Outcome outcomeOf(RuntimeException failure);
  }

  /**
   * Begins a transaction, takes its steps, and commits it.
   *
   * @param judge asked when a step or the commit has failed
   */
  void run(
      String client,
      Supplier<Transaction> begin,
      Random random,
      Consumer<Transaction> commit,
      Judge judge) {
    long invoked = System.nanoTime();
    Transaction transaction = begin.get();
    long number = begun.getAndIncrement();
    ListSteps steps = new ListSteps(transaction, random, number / TRANSACTIONS_PER_EPOCH, values);
    List<Operation> operations = new ArrayList<>();
    Outcome outcome = Outcome.COMMITTED;
    try {
      take(steps, 1 + random.nextInt(4), NESTING, operations);
      commit.accept(transaction);
    } catch (RuntimeException e) {
      outcome = judge.outcomeOf(e);
    }
    if (outcome == Outcome.UNKNOWN) {
      operations.removeIf(operation -> !(operation instanceof History.Append));
    }
    String name = client + ", transaction " + number;
    seen.add(new History.Transaction(name, outcome, invoked, System.nanoTime(), operations));
  }

  private static void take(ListSteps steps, int count, int depth, List<Operation> operations) {
    for (int i = 0; i < count; i++) {
      if (depth == 0 || steps.random().nextInt(5) > 0) {
        steps.step(operations);
        continue;
      }
      List<Operation> part = new ArrayList<>();
      boolean kept = steps.random().nextBoolean();
      try (Subtransaction nested =
          steps.transaction().begin(steps.transaction().scope(), TransactionBudget.NONE)) {
        take(steps, 1 + steps.random().nextInt(3), depth - 1, part);
        if (kept) {
          nested.commit();
        }
      } finally {
        if (kept) {
          operations.addAll(part);
        } else {
          operations.add(new History.RolledBack(part));
        }
      }
    }
  }

  /** Reads all lists there have ever been, an epoch in a transaction. */
  void readEverything(String client, Supplier<Transaction> begin) {
    for (long epoch = 0; epoch <= begun.get() / TRANSACTIONS_PER_EPOCH; epoch++) {
      note(client, begin, epoch, new Random(epoch));
    }
  }

  /** All lists of an epoch at one moment. */
  record Shown(long epoch, List<Operation> operations) {}

  /** Shows a client the lists of now, outside of any transaction of {@link #run}. */
  Shown show(String client, Supplier<Transaction> begin, Random random) {
    return note(client, begin, begun.get() / TRANSACTIONS_PER_EPOCH, random);
  }

  private Shown note(String client, Supplier<Transaction> begin, long epoch, Random random) {
    long invoked = System.nanoTime();
    Shown shown = showAt(begin.get(), epoch, random);
    seen.add(
        new History.Transaction(
            client, Outcome.COMMITTED, invoked, System.nanoTime(), shown.operations()));
    return shown;
  }

  /** What a transaction sees of an epoch. */
  Shown showAt(Transaction transaction, long epoch, Random random) {
    List<Operation> operations = new ArrayList<>();
    new ListSteps(transaction, random, epoch, values).readAll(operations);
    return new Shown(epoch, operations);
  }

  long count(Outcome outcome) {
    return seen.stream().filter(transaction -> transaction.outcome() == outcome).count();
  }

  History history() {
    return new History(List.copyOf(seen));
  }
}
