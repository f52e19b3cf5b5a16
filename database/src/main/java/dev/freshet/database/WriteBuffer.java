package dev.freshet.database;

import dev.freshet.values.InternalId;
import dev.freshet.values.SortKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * The writes of a transaction that are not committed yet, one entry per document, and what they
 * change in each index: an overlay that queries merge with the snapshot. Every change can be taken
 * back to an earlier {@link #mark}.
 */
final class WriteBuffer {
  /** The name of a document inside a transaction. */
  record Key(long table, InternalId id) {}

  /** What an index holds at a key instead of what the snapshot says; a null document: nothing. */
  record Overlaid(@Nullable Document document) {
    static final Overlaid NOTHING = new Overlaid(null);
  }

  /** The first and the last state of a written document. */
  static final class Entry {
    final Key key;

    /** The layout that {@link #committedKeys} and {@link #keys} were computed with. */
    TableLayout layout;

    /** The state in the snapshot, with its index keys; null if it isn't there. */
    final @Nullable Document committed;

    byte @Nullable [][] committedKeys;

    /** The state now, with its index keys; null if it is deleted. */
    @Nullable Document document;

    byte @Nullable [][] keys;

    Entry(
        Key key,
        TableLayout layout,
        @Nullable Document committed,
        byte @Nullable [][] committedKeys) {
      this.key = key;
      this.layout = layout;
      this.committed = committed;
      this.committedKeys = committedKeys;
      this.document = committed;
      this.keys = committedKeys;
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  private record Undo(
      Entry entry,
      boolean isNew,
      TableLayout layout,
      @Nullable Document document,
      byte @Nullable [][] keys) {}

  private final Map<Key, Entry> entries = new LinkedHashMap<>();
  private final Map<Long, NavigableMap<byte[], Overlaid>> overlays = new HashMap<>();
  private final List<Undo> undo = new ArrayList<>();
  private final Unpublished ahead;
  private final SortKey.Builder keyBuffer = SortKey.builder();

  /**
   * @param ahead commits that lie between the snapshot and the writes
   */
  WriteBuffer(Unpublished ahead) {
    this.ahead = ahead;
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  Collection<Entry> entries() {
    return entries.values();
  }

  @Nullable Entry entry(long table, InternalId id) {
    return entries.get(new Key(table, id));
  }

  private NavigableMap<byte[], Overlaid> overlayOf(long index) {
    return overlays.computeIfAbsent(index, ahead::overlay);
  }

  /** What is written to an index, by key, with what commits ahead wrote. */
  @Nullable NavigableMap<byte[], Overlaid> overlay(long index) {
    return ahead.isEmpty() ? overlays.get(index) : overlayOf(index);
  }

  /**
   * Notes a document's new state.
   *
   * @param before the state that the transaction saw until now
   * @param after null: deleted
   */
  void put(TableLayout layout, InternalId id, @Nullable Document before, @Nullable Document after) {
    Key key = new Key(layout.table().storage(), id);
    Entry entry = entries.get(key);
    boolean isNew = entry == null;
    if (entry == null) {
      entry = new Entry(key, layout, before, keys(layout, id, before));
      entries.put(key, entry);
    } else if (entry.layout != layout) {
      relayout(entry, layout);
    }
    undo.add(new Undo(entry, isNew, layout, entry.document, entry.keys));
    set(entry, after, keys(layout, id, after));
  }

  private byte @Nullable [][] keys(TableLayout layout, InternalId id, @Nullable Document document) {
    return document == null ? null : layout.keys(document.stored(), id, keyBuffer);
  }

  /**
   * Computes the keys again after the table's indexes changed. Overlays of indexes that are new
   * need nothing: they can't be queried in this transaction.
   */
  void relayout(Entry entry, TableLayout layout) {
    entry.layout = layout;
    entry.committedKeys = keys(layout, entry.key.id(), entry.committed);
    entry.keys = keys(layout, entry.key.id(), entry.document);
  }

  private void set(Entry entry, @Nullable Document document, byte @Nullable [][] keys) {
    List<IndexInfo> indexes = entry.layout.indexes();
    for (int i = 0; i < indexes.size(); i++) {
      NavigableMap<byte[], Overlaid> overlay = overlayOf(indexes.get(i).storage());
      byte[][] old = entry.keys;
      if (old != null) {
        overlay.remove(old[i]);
      }
      byte[][] committed = entry.committedKeys;
      if (committed != null) {
        overlay.put(committed[i], Overlaid.NOTHING);
      }
      if (keys != null) {
        overlay.put(keys[i], new Overlaid(document));
      }
    }
    entry.document = document;
    entry.keys = keys;
  }

  /** A place to go back to. */
  int mark() {
    return undo.size();
  }

  void rollback(int mark) {
    while (undo.size() > mark) {
      Undo last = undo.removeLast();
      Entry entry = last.entry();
      byte[][] keys = last.keys();
      if (last.layout() != entry.layout) {
        keys = keys(entry.layout, entry.key.id(), last.document());
      }
      set(entry, last.document(), keys);
      if (last.isNew()) {
        forget(entry);
      }
    }
  }

  private void forget(Entry entry) {
    entries.remove(entry.key);
    byte[][] committed = entry.committedKeys;
    if (committed != null) {
      Overlaid underneath = ahead.document(entry.key.table(), entry.key.id());
      for (int i = 0; i < committed.length; i++) {
        NavigableMap<byte[], Overlaid> overlay = overlayOf(entry.layout.indexes().get(i).storage());
        if (underneath != null) {
          overlay.put(committed[i], underneath);
        } else {
          overlay.remove(committed[i]);
        }
      }
    }
  }
}
