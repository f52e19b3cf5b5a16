package dev.freshet.testkit;

import java.util.List;
import java.util.function.Predicate;

/**
 * What clients saw of a system under test: transactions over lists to which values are appended.
 * Every appended value is used once in the whole history, so that a read names its writers.
 *
 * @param transactions in any order
 */
public record History(List<Transaction> transactions) {
  /** How a transaction ended, as its client knows. */
  public enum Outcome {
    COMMITTED,
    /** Certainly without effect. */
    FAILED,
    /** The answer was lost: it may have taken effect or not. */
    UNKNOWN
  }

  /**
   * @param name for messages
   * @param invokedAt when its client began it, on one clock for all clients
   * @param completedAt when its client knew the outcome
   * @param operations in program order; what an UNKNOWN one read is not known and left out
   */
  public record Transaction(
      String name, Outcome outcome, long invokedAt, long completedAt, List<Operation> operations) {}

  /** One step of a transaction. */
  public sealed interface Operation {}

  /** Appended {@code value} to the list {@code key}. */
  public record Append(String key, long value) implements Operation {}

  /** Read the list {@code key} and found {@code values}. */
  public record Read(String key, List<Long> values) implements Operation {}

  /**
   * Read all lists that satisfy a predicate and didn't find {@code key} among them: an empty list,
   * or one that didn't satisfy it. The lists that were found are {@link Read}s beside this one.
   *
   * @param description of the predicate, for messages
   */
  public record Missed(String key, String description, Predicate<List<Long>> predicate)
      implements Operation {}

  /**
   * A part of a transaction that was rolled back. Nobody outside of it may see what it appended,
   * the rest of its own transaction included; what it read, it has read.
   */
  public record RolledBack(List<Operation> operations) implements Operation {}
}
