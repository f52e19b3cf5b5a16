package dev.freshet.database;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The indexes a namespace has against those a schema wants (spec 40 §5.2). An existing index serves
 * a wanted one if name and fields agree.
 *
 * @param matches wanted indexes that exist
 * @param unwanted existing ones that serve none
 * @param diff the same for people
 */
record IndexPlan(List<Match> matches, List<IndexInfo> unwanted, IndexDiff diff) {
  /** An existing index and what is wanted of it. */
  record Match(IndexInfo index, IndexDefinition wanted) {}

  static IndexPlan of(Catalog catalog, Namespace namespace, @Nullable SchemaDefinition schema) {
    IndexPlan plan =
        new IndexPlan(
            new ArrayList<>(),
            new ArrayList<>(),
            new IndexDiff(
                new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>()));
    for (TableInfo table : catalog.tables(namespace)) {
      if (!table.isSystem()) {
        TableDefinition wanted = schema == null ? null : schema.table(table.name());
        plan.add(table.name(), catalog.indexes(table), wanted);
      }
    }
    if (schema != null) {
      for (TableDefinition table : schema.tables()) {
        if (catalog.table(namespace, table.name()) == null) {
          plan.add(table.name(), List.of(), table);
        }
      }
    }
    return plan;
  }

  private void add(String table, List<IndexInfo> existing, @Nullable TableDefinition wanted) {
    List<IndexInfo> left = new ArrayList<>(existing);
    left.removeIf(IndexInfo::isBuiltIn);
    if (wanted != null) {
      for (IndexDefinition index : wanted.indexes()) {
        IndexInfo match = match(left, index);
        if (match == null) {
          diff.added().add(new IndexDiff.Entry(table, index));
          continue;
        }
        left.remove(match);
        matches.add(new Match(match, index));
        if (match.staged() && !index.staged()) {
          diff.enabled().add(new IndexDiff.Entry(table, index));
        } else if (!match.staged() && index.staged()) {
          diff.disabled().add(new IndexDiff.Entry(table, index));
        }
      }
    }
    for (IndexInfo index : left) {
      unwanted.add(index);
      diff.removed().add(entry(table, index));
    }
  }

  private static @Nullable IndexInfo match(List<IndexInfo> indexes, IndexDefinition wanted) {
    IndexInfo match = null;
    for (IndexInfo index : indexes) {
      if (index.descriptor().equals(wanted.descriptor())
          && index.fields().equals(wanted.fields())
          && (match == null || index.state() == IndexState.ENABLED)) {
        match = index;
      }
    }
    return match;
  }

  static IndexDiff.Entry entry(String table, IndexInfo index) {
    return new IndexDiff.Entry(
        table, new IndexDefinition(index.descriptor(), index.fields(), index.staged()));
  }
}
