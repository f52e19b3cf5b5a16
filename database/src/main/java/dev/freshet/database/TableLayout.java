package dev.freshet.database;

import dev.freshet.values.DocumentFields;
import dev.freshet.values.FieldPath;
import dev.freshet.values.InternalId;
import dev.freshet.values.SortKey;
import dev.freshet.values.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A table with its indexes, prepared for reading and writing: how the keys of a document are
 * computed, and which reads of the catalog the use of the table amounts to. Immutable; a change of
 * the table or of one of its indexes makes a new layout.
 */
final class TableLayout {
  private final TableInfo table;
  private final List<IndexInfo> indexes;
  private final DocumentFields fields;
  private final int[][] slots;
  private final @Nullable IndexInfo byId;

  /** The dependency on the table's row. */
  final KeyRange tableRow;

  /** The dependency on the rows of its indexes. */
  final KeyRange indexRows;

  TableLayout(TableInfo table, List<IndexInfo> indexes) {
    this.table = table;
    this.indexes = List.copyOf(indexes);
    Map<FieldPath, Integer> distinct = new LinkedHashMap<>();
    IndexInfo id = null;
    slots = new int[indexes.size()][];
    for (int i = 0; i < slots.length; i++) {
      IndexInfo index = indexes.get(i);
      slots[i] =
          index.fields().stream()
              .mapToInt(f -> distinct.computeIfAbsent(FieldPath.parse(f), _ -> distinct.size()))
              .toArray();
      if (index.isById()) {
        id = index;
      }
    }
    this.fields = DocumentFields.of(List.copyOf(distinct.keySet()));
    this.byId = id;
    this.tableRow = KeyRange.of(table.tablet().toBytes());
    this.indexRows = KeyRange.prefix(SortKey.of(Value.of(table.tablet().toString())));
  }

  TableInfo table() {
    return table;
  }

  List<IndexInfo> indexes() {
    return indexes;
  }

  /** The place of an index among the {@link #indexes}; -1 if it isn't there. */
  int placeOf(long storage) {
    for (int i = 0; i < indexes.size(); i++) {
      if (indexes.get(i).storage() == storage) {
        return i;
      }
    }
    return -1;
  }

  IndexInfo byId() {
    if (byId == null) {
      throw new IllegalStateException("the table " + table.name() + " has no by_id index");
    }
    return byId;
  }

  /** The enabled index of a name. */
  @Nullable IndexInfo enabled(String descriptor) {
    for (IndexInfo index : indexes) {
      if (index.state() == IndexState.ENABLED && index.descriptor().equals(descriptor)) {
        return index;
      }
    }
    return null;
  }

  /** The index of a name that is not enabled. */
  @Nullable IndexInfo pending(String descriptor) {
    for (IndexInfo index : indexes) {
      if (index.state() != IndexState.ENABLED && index.descriptor().equals(descriptor)) {
        return index;
      }
    }
    return null;
  }

  /** The keys of a document, given in its stored form, in each of the {@link #indexes}. */
  byte[][] keys(byte[] stored, InternalId id) {
    return keys(stored, id, SortKey.builder());
  }

  /**
   * The same.
   *
   * @param buffer for the work; what is in it is lost
   */
  byte[][] keys(byte[] stored, InternalId id, SortKey.Builder buffer) {
    int[] places = new int[2 * fields.count()];
    fields.locate(stored, 1, stored.length - 1, places);
    byte[][] keys = new byte[slots.length][];
    for (int i = 0; i < keys.length; i++) {
      buffer.clear();
      for (int slot : slots[i]) {
        buffer.stored(stored, places[2 * slot], places[2 * slot + 1]);
      }
      keys[i] = buffer.internalId(id).toBytes();
    }
    return keys;
  }

  TableLayout with(TableInfo changed) {
    return new TableLayout(changed, indexes);
  }

  /** With an index added, or replaced by its newer state. */
  TableLayout with(IndexInfo changed) {
    List<IndexInfo> list = new ArrayList<>(indexes);
    list.replaceAll(index -> index.id().equals(changed.id()) ? changed : index);
    if (!list.contains(changed)) {
      list.add(changed);
    }
    return new TableLayout(table, list);
  }

  TableLayout without(InternalId index) {
    return new TableLayout(table, indexes.stream().filter(i -> !i.id().equals(index)).toList());
  }
}
