package dev.freshet.database;

import dev.freshet.values.DocumentChecks;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import dev.freshet.values.SortKey;
import dev.freshet.values.Value;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One of Freshet's own tables as typed records: an ordinary table, read and written through
 * ordinary transactions in any scope, so that whoever read it is invalidated when it changes (spec
 * 40 §4.3). Declare one constant per table and pass them all to {@link Database#open}.
 *
 * @param <T> the record; neither {@code _id} nor {@code _creationTime} belong to it
 */
public final class SystemTable<T> {
  private static final int MAX_CACHED = 4096;

  private final String name;
  private final int number;
  private final List<Index> indexes;
  private final Function<T, ObjectValue> encode;
  private final Function<ObjectValue, T> decode;
  private final @Nullable VirtualForm<T> form;

  /** Parsed rows by id, valid for the revision they were parsed from. */
  private final Map<InternalId, Cached<T>> cache = new ConcurrentHashMap<>();

  /**
   * @param name starts with an underscore
   * @param number the preferred table number: 512 + n of spec 40 §4.3
   * @param encode makes the document's fields of a record
   * @param decode makes a record of a document; ignores the system fields
   */
  public SystemTable(
      String name,
      int number,
      List<Index> indexes,
      Function<T, ObjectValue> encode,
      Function<ObjectValue, T> decode) {
    this(name, number, indexes, encode, decode, null);
  }

  private SystemTable(
      String name,
      int number,
      List<Index> indexes,
      Function<T, ObjectValue> encode,
      Function<ObjectValue, T> decode,
      @Nullable VirtualForm<T> form) {
    this.name = name;
    this.number = number;
    this.indexes = List.copyOf(indexes);
    this.encode = encode;
    this.decode = decode;
    this.form = form;
  }

  /**
   * A table whose rows are not taken apart: those of a feature that is still to come, or that only
   * administrators look at.
   */
  public static SystemTable<ObjectValue> untyped(String name, int number, Index... indexes) {
    return new SystemTable<>(
        name, number, List.of(indexes), row -> row, DocumentChecks::withoutSystemFields);
  }

  /** This table, shown to users' functions under its virtual name (spec 40 §4.2). */
  public SystemTable<T> shownAs(VirtualForm<T> virtualForm) {
    return new SystemTable<>(name, number, indexes, encode, decode, virtualForm);
  }

  @Nullable VirtualForm<T> form() {
    return form;
  }

  /**
   * An index of a system table.
   *
   * @param descriptor its name
   * @param fields its field paths; nothing is appended to them
   */
  public record Index(String descriptor, List<String> fields) {
    public static Index of(String descriptor, String... fields) {
      return new Index(descriptor, List.of(fields));
    }
  }

  /** A document as a record. */
  public record Row<T>(DocumentId id, double creationTime, T record) {}

  public String name() {
    return name;
  }

  public int number() {
    return number;
  }

  public List<Index> indexes() {
    return indexes;
  }

  public @Nullable Row<T> get(Transaction transaction, DocumentId id) {
    TableLayout layout = layout(transaction);
    if (id.tableNumber() != layout.table().number()) {
      return null;
    }
    KeyRange key = KeyRange.of(id.internalId().toBytes());
    List<Row<T>> rows = read(transaction, layout, layout.byId(), key, true);
    return rows.isEmpty() ? null : rows.getFirst();
  }

  /** All rows in the order of their creation. */
  public List<Row<T>> all(Transaction transaction) {
    return find(transaction, IndexInfo.BY_CREATION_TIME);
  }

  /** The rows whose first fields of the index have these values, in the index's order. */
  public List<Row<T>> find(Transaction transaction, String index, Value... prefix) {
    return read(transaction, index, false, prefix);
  }

  /** The first of these rows, or null. */
  public @Nullable Row<T> first(Transaction transaction, String index, Value... prefix) {
    List<Row<T>> rows = read(transaction, index, true, prefix);
    return rows.isEmpty() ? null : rows.getFirst();
  }

  private List<Row<T>> read(
      Transaction transaction, String index, boolean firstOnly, Value... prefix) {
    TableLayout layout = layout(transaction);
    IndexInfo info = layout.enabled(index);
    if (info == null) {
      throw FreshetException.internal("the index " + name + "." + index + " is missing", null);
    }
    SortKey.Builder key = SortKey.builder();
    for (Value value : prefix) {
      key.value(value);
    }
    return read(transaction, layout, info, KeyRange.prefix(key.toBytes()), firstOnly);
  }

  private List<Row<T>> read(
      Transaction transaction,
      TableLayout layout,
      IndexInfo index,
      KeyRange range,
      boolean firstOnly) {
    RowCache known = transaction.engine().rows();
    RowCache.Question question = new RowCache.Question(index.storage(), range, firstOnly);
    List<Row<T>> cached = known.find(transaction, layout, question);
    if (cached != null) {
      return cached;
    }
    List<Row<T>> rows = new ArrayList<>();
    KeyRange read = range;
    IndexStream stream = IndexStream.internal(transaction, layout, index, range, firstOnly ? 1 : 0);
    for (IndexStream.Row row = stream.next(); row != null; row = stream.next()) {
      rows.add(row(row.document()));
      if (firstOnly) {
        read = new KeyRange(range.start(), IndexKeys.successor(row.key()));
        break;
      }
    }
    List<Row<T>> result = List.copyOf(rows);
    known.put(transaction, layout, question, result, read);
    return result;
  }

  public DocumentId insert(Transaction transaction, T record) {
    return transaction.insert(layout(transaction), encode.apply(record)).id();
  }

  public void replace(Transaction transaction, DocumentId id, T record) {
    transaction.replaceRow(layout(transaction), id, encode.apply(record));
  }

  public void delete(Transaction transaction, DocumentId id) {
    transaction.deleteRow(layout(transaction), id);
  }

  private TableLayout layout(Transaction transaction) {
    TableLayout layout = transaction.storedLayout(transaction.scope().namespace(), name);
    if (layout == null) {
      throw FreshetException.internal("the system table " + name + " is missing", null);
    }
    return layout;
  }

  /** The document as a record; for documents that came from elsewhere, e.g. a query. */
  public Row<T> row(Document document) {
    Cached<T> known = cache.get(document.id().internalId());
    if (known != null && known.stored() == document.timestamp() && known.stored() != 0) {
      return known.row();
    }
    ObjectValue value = document.value();
    double time = value.get("_creationTime") instanceof Float64Value(double t) ? t : 0;
    Row<T> row = new Row<>(document.id(), time, decode.apply(value));
    if (document.timestamp() != 0) {
      if (cache.size() >= MAX_CACHED) {
        cache.clear();
      }
      cache.put(document.id().internalId(), new Cached<>(document.timestamp(), row));
    }
    return row;
  }

  /** Fails if the document is no row of this table. */
  void checkReadable(ObjectValue document) {
    Object unused = decode.apply(document);
    if (unused == null) {
      throw FreshetException.internal("the row is nothing", null);
    }
  }

  private record Cached<T>(long stored, Row<T> row) {}
}
