package dev.freshet.database;

import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonBuffer;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Sizes;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import org.jspecify.annotations.Nullable;

/** The stored form of documents: a format byte, then encoded JSON (decision 3). */
final class StoredForm {
  /** The format byte of JSON text. */
  static final byte JSON = 1;

  /** Of the buffer that a document is written in first. */
  private static final int USUAL_SIZE = 1024;

  private StoredForm() {}

  static byte[] of(ObjectValue value) {
    return new JsonBuffer(USUAL_SIZE).raw((char) JSON).value(value, JsonFormat.ENCODED).toBytes();
  }

  static ObjectValue parse(byte[] stored) {
    if (stored.length == 0 || stored[0] != JSON) {
      throw FreshetException.internal("a stored document has an unknown format", null);
    }
    return (ObjectValue) ValueJson.parseStored(stored, 1, stored.length - 1);
  }

  static int size(byte[] stored, @Nullable ObjectValue value) {
    return Math.toIntExact(
        value != null ? Sizes.of(value) : Sizes.ofJson(stored, 1, stored.length - 1));
  }
}
