package dev.freshet.bench;

import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.util.Map;
import java.util.SplittableRandom;

/** Documents that the inner parts are measured with. */
public final class InnerSamples {
  /** The table's number in their ids. */
  public static final int TABLE = 10_001;

  private static final int BODY = 120;

  private InnerSamples() {}

  public static DocumentId id(SplittableRandom random) {
    return new DocumentId(TABLE, new InternalId(random.nextLong(), random.nextLong()));
  }

  /** A message as a chat would keep it, without the system's fields. */
  public static ObjectValue message(SplittableRandom random, int bodyLength) {
    StringBuilder body = new StringBuilder(bodyLength);
    while (body.length() < bodyLength) {
      body.append("abcdefghijklmnopqrstuvwxyz     ".charAt(random.nextInt(31)));
    }
    return ObjectValue.of(
        Map.of(
            "author", Value.of("user " + random.nextInt(1000)),
            "body", Value.of(body.toString()),
            "channel", Value.of("general"),
            "edited", Value.of(false),
            "likes", Value.of((double) random.nextInt(1000)),
            "tags", ArrayValue.of(Value.of("news"), Value.of("release"))));
  }

  /** The message with an id and a creation time. */
  public static ObjectValue document(DocumentId id, ObjectValue message) {
    return message.with("_id", id.toValue()).with("_creationTime", Value.of(1_763_719_200_123.25));
  }

  /** A document of 300 bytes in its stored form. */
  public static byte[] stored(DocumentId id, SplittableRandom random) {
    return stored(document(id, message(random, BODY)));
  }

  public static byte[] stored(ObjectValue document) {
    byte[] json = ValueJson.writeBytes(document, JsonFormat.ENCODED);
    byte[] stored = new byte[json.length + 1];
    stored[0] = 1;
    System.arraycopy(json, 0, stored, 1, json.length);
    return stored;
  }
}
