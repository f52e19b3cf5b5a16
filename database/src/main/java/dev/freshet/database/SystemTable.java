package dev.freshet.database;

import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.List;
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
  private final String name;
  private final int number;
  private final List<Index> indexes;
  private final Function<T, ObjectValue> encode;
  private final Function<ObjectValue, T> decode;

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
    this.name = name;
    this.number = number;
    this.indexes = List.copyOf(indexes);
    this.encode = encode;
    this.decode = decode;
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
    throw notYet();
  }

  /** All rows in the order of their creation. */
  public List<Row<T>> all(Transaction transaction) {
    throw notYet();
  }

  /** The rows whose first fields of the index have these values, in the index's order. */
  public List<Row<T>> find(Transaction transaction, String index, Value... prefix) {
    throw notYet();
  }

  /** The first of these rows, or null. */
  public @Nullable Row<T> first(Transaction transaction, String index, Value... prefix) {
    throw notYet();
  }

  public DocumentId insert(Transaction transaction, T record) {
    throw notYet();
  }

  public void replace(Transaction transaction, DocumentId id, T record) {
    throw notYet();
  }

  public void delete(Transaction transaction, DocumentId id) {
    throw notYet();
  }

  T decode(ObjectValue value) {
    return decode.apply(value);
  }

  ObjectValue encode(T record) {
    return encode.apply(record);
  }

  private static FreshetException notYet() {
    return FreshetException.notYetAvailable("The database");
  }
}
