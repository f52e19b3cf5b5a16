package dev.freshet.database;

import org.jspecify.annotations.Nullable;

/** The life of a schema (spec 40 §11.3). */
public sealed interface SchemaState {
  /** Existing documents are being checked. */
  record Pending() implements SchemaState {}

  /** Every document satisfies it; waits to be activated. */
  record Validated() implements SchemaState {}

  /** In force. */
  record Active() implements SchemaState {}

  /**
   * A document doesn't satisfy it.
   *
   * @param error the sentence for the developer
   * @param table the table of that document
   */
  record Failed(String error, @Nullable String table) implements SchemaState {}

  /** Another schema took its place. */
  record Overwritten() implements SchemaState {}
}
