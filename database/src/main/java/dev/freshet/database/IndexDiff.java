package dev.freshet.database;

import java.util.List;

/**
 * How a push changes the indexes (spec 40 §5.2). What stays as it is is not mentioned; an index
 * whose fields change is removed and added.
 *
 * @param added new ones
 * @param removed those that go
 * @param enabled staged ones that become usable
 * @param disabled usable ones that become staged
 */
public record IndexDiff(
    List<Entry> added, List<Entry> removed, List<Entry> enabled, List<Entry> disabled) {
  public static final IndexDiff EMPTY = new IndexDiff(List.of(), List.of(), List.of(), List.of());

  /**
   * @param table the table's name
   * @param index the index as the side that has it defines it
   */
  public record Entry(String table, IndexDefinition index) {
    /** {@code table.descriptor}. */
    public String name() {
      return table + "." + index.descriptor();
    }
  }
}
