package dev.freshet.database;

import dev.freshet.values.Value.ObjectValue;

/**
 * How users' functions see the rows of a system table through {@code db.system} (spec 40 §4.2).
 *
 * @param <T> the record of the system table
 */
@FunctionalInterface
public interface VirtualForm<T> {
  /**
   * The fields shown, without {@code _id} and {@code _creationTime}.
   *
   * @param transaction for what has to be read besides the row
   */
  ObjectValue of(Transaction transaction, T row, ClientVersion version);
}
