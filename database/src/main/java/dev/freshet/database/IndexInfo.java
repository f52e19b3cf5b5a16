package dev.freshet.database;

import dev.freshet.values.InternalId;
import java.util.List;

/**
 * A database index as its {@code _index} row describes it.
 *
 * @param id the row's internal id
 * @param tablet the table it belongs to
 * @param descriptor the name inside the table
 * @param fields the indexed field paths, without the {@code _id} that ends every key; empty for
 *     {@code by_id}
 * @param state its life
 * @param staged whether it is only prepared, never enabled by this push
 * @param storage the small number by which the persistence and read sets know it; never reused
 */
public record IndexInfo(
    InternalId id,
    InternalId tablet,
    String descriptor,
    List<String> fields,
    IndexState state,
    boolean staged,
    long storage) {
  public static final String BY_ID = "by_id";
  public static final String BY_CREATION_TIME = "by_creation_time";

  public boolean isById() {
    return descriptor.equals(BY_ID);
  }

  /** Whether every table has it, so that no schema mentions it. */
  public boolean isBuiltIn() {
    return isById() || descriptor.equals(BY_CREATION_TIME);
  }

  IndexInfo withState(IndexState newState, boolean newStaged) {
    return new IndexInfo(id, tablet, descriptor, fields, newState, newStaged, storage);
  }
}
