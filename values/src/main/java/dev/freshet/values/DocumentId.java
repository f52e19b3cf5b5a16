package dev.freshet.values;

import org.jspecify.annotations.Nullable;

/**
 * An id as users see it (spec 40 §2): 31 to 37 letters of Crockford's base32 that hold the table's
 * number, the internal id and a checksum.
 *
 * @param tableNumber the table's number, unsigned 32 bits, at least 1
 * @param internalId the document inside that table
 */
public record DocumentId(int tableNumber, InternalId internalId) implements Comparable<DocumentId> {
  public DocumentId {
    if (tableNumber == 0) {
      throw new IllegalArgumentException("the table number is zero");
    }
  }

  /** The id as a string; {@link #decode} reads it back. */
  public String encode() {
    return DocumentIdCodec.encode(this);
  }

  /**
   * Reads an id; one-to-one, so every other spelling of the same bytes is refused.
   *
   * @throws FreshetException {@code InvalidId}, "Unable to decode ID: …"
   */
  public static DocumentId decode(String text) {
    return DocumentIdCodec.decode(text);
  }

  /** Like {@link #decode}, but null where the text is no id. */
  public static @Nullable DocumentId tryDecode(String text) {
    return DocumentIdCodec.tryDecode(text);
  }

  /** The id as the value that stands in documents. */
  public Value.StringValue toValue() {
    return new Value.StringValue(encode());
  }

  /** By table number, then by internal id; not the order of the encoded strings. */
  @Override
  public int compareTo(DocumentId other) {
    int order = Integer.compareUnsigned(tableNumber, other.tableNumber);
    return order != 0 ? order : internalId.compareTo(other.internalId);
  }

  @Override
  public String toString() {
    return encode();
  }
}
