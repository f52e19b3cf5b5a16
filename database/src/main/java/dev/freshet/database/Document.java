package dev.freshet.database;

import dev.freshet.values.DocumentId;
import dev.freshet.values.Value.ObjectValue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A document in its stored form: a format byte and the encoded JSON of the whole object, {@code
 * _id} and {@code _creationTime} included. Parsed only when somebody asks for the value. Immutable
 * and safe to share.
 */
public final class Document {
  private final DocumentId id;
  private final long timestamp;
  private final byte[] stored;
  private @Nullable ObjectValue value;
  private int size = -1;

  Document(DocumentId id, long timestamp, byte[] stored, @Nullable ObjectValue value) {
    this.id = id;
    this.timestamp = timestamp;
    this.stored = stored;
    this.value = value;
  }

  /**
   * @param size by which it is counted, if that isn't its own
   */
  Document(DocumentId id, long timestamp, byte[] stored, ObjectValue value, int size) {
    this(id, timestamp, stored, value);
    this.size = size;
  }

  public DocumentId id() {
    return id;
  }

  /** The same revision, once it has its timestamp. */
  Document committedAt(long commit) {
    return new Document(id, commit, stored, value);
  }

  /** The commit that wrote this revision; 0 for one the running transaction wrote. */
  public long timestamp() {
    return timestamp;
  }

  /** The stored form; not to be changed. Its JSON text starts at {@link #jsonOffset}. */
  public byte[] stored() {
    return stored;
  }

  public int jsonOffset() {
    return 1;
  }

  /** A copy of the JSON text. */
  public byte[] jsonBytes() {
    return Arrays.copyOfRange(stored, 1, stored.length);
  }

  public String json() {
    return new String(stored, 1, stored.length - 1, StandardCharsets.UTF_8);
  }

  /** The whole document, parsed on first use. */
  public ObjectValue value() {
    ObjectValue parsed = value;
    if (parsed == null) {
      parsed = StoredForm.parse(stored);
      value = parsed;
    }
    return parsed;
  }

  /** The size by which limits and bandwidth count it (spec 40 §1.4). */
  public int size() {
    int known = size;
    if (known < 0) {
      known = StoredForm.size(stored, value);
      size = known;
    }
    return known;
  }

  @Override
  public String toString() {
    return json();
  }
}
