package dev.freshet.database;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Brings the system tables and their indexes to what this version declares (spec 40 §4.3). */
final class SystemTables {
  private SystemTables() {}

  static void create(Transaction transaction, List<SystemTable<?>> declared) {
    List<SystemTable<?>> all = new ArrayList<>(Progress.TABLES);
    all.addAll(declared);
    CatalogWriter writer = new CatalogWriter(transaction);
    for (SystemTable<?> table : all) {
      TableLayout layout = transaction.storedLayout(Namespace.ROOT, table.name());
      boolean isNew = layout == null;
      if (layout == null) {
        layout = writer.createSystemTable(Namespace.ROOT, table.name(), table.number());
      }
      Set<String> wanted = new HashSet<>();
      for (SystemTable.Index index : table.indexes()) {
        wanted.add(index.descriptor());
        addIndex(writer, layout, index, isNew);
      }
      for (IndexInfo index : layout.indexes()) {
        if (!index.isBuiltIn() && !wanted.contains(index.descriptor())) {
          writer.dropIndex(index);
        }
      }
    }
  }

  /** An index of an existing table is built before the database is ready. */
  private static void addIndex(
      CatalogWriter writer, TableLayout layout, SystemTable.Index index, boolean isNewTable) {
    for (IndexInfo existing : layout.indexes()) {
      if (existing.descriptor().equals(index.descriptor())) {
        if (existing.fields().equals(index.fields())) {
          return;
        }
        writer.dropIndex(existing);
      }
    }
    writer.createIndex(
        layout.table().tablet(),
        index.descriptor(),
        index.fields(),
        isNewTable ? IndexState.ENABLED : IndexState.BACKFILLING,
        false);
  }
}
