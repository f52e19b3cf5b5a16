package dev.freshet.server;

import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** Streaming access to the JSON that clients send: parts are cut out as bytes, not as trees. */
final class StreamingJson {
  /** Values nested too deep for a function are that function's error, not a broken message. */
  private static final int MAX_NESTING = 10_000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_NESTING)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private StreamingJson() {}

  static JsonParser parser(byte[] text) {
    return FACTORY.createParser(ObjectReadContext.empty(), text);
  }

  /** The bytes of the object or array that starts at the current token; moves to its end. */
  static byte[] slice(JsonParser parser, byte[] text) {
    int start = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
    parser.skipChildren();
    int end = Math.toIntExact(parser.currentLocation().getByteOffset());
    return Arrays.copyOfRange(text, start, end);
  }
}
