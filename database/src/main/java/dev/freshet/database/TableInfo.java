package dev.freshet.database;

import dev.freshet.values.InternalId;

/**
 * A table as its {@code _tables} row describes it.
 *
 * @param tablet the physical table: the row's internal id
 * @param namespace where its name and number are unique
 * @param name the name
 * @param number the number inside document ids, at least 1
 * @param state its life
 * @param storage the small number by which the persistence knows it; never reused
 */
public record TableInfo(
    InternalId tablet,
    Namespace namespace,
    String name,
    int number,
    TableState state,
    long storage) {
  /** Whether it is one of Freshet's own tables. */
  public boolean isSystem() {
    return name.startsWith("_");
  }

  TableInfo withState(TableState changed) {
    return new TableInfo(tablet, namespace, name, number, changed, storage);
  }
}
