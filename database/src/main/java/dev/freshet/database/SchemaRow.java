package dev.freshet.database;

import dev.freshet.values.DocumentId;

/** A row of {@code _schemas}. */
record SchemaRow(DocumentId id, SchemaState state, SchemaDefinition schema) {
  boolean isInProgress() {
    return state instanceof SchemaState.Pending || state instanceof SchemaState.Validated;
  }

  boolean isActive() {
    return state instanceof SchemaState.Active;
  }
}
