package dev.freshet.database;

/**
 * How far a pushed schema has come.
 *
 * @param state the schema's state
 * @param indexesComplete how many of the namespace's indexes that are not staged are built
 * @param indexesTotal how many there are
 */
public record SchemaProgress(SchemaState state, int indexesComplete, int indexesTotal) {
  public boolean schemaValidationComplete() {
    return state instanceof SchemaState.Validated || state instanceof SchemaState.Active;
  }

  /** Whether the push can be finished. */
  public boolean isComplete() {
    return schemaValidationComplete() && indexesComplete == indexesTotal;
  }
}
