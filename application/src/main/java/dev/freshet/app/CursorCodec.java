package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Pagination cursors and query journals as clients hold them: encrypted, so that index keys stay
 * secret and nobody can make one up (spec 40 §6.5, 50 §9.6). Equal cursors have equal texts,
 * because they are results and arguments of cached queries. Thread-safe.
 */
public final class CursorCodec {
  private static final int CURSOR_VERSION = 7;

  // Fields of the cursor message, of the index key inside it and of the journal message.
  private static final int INSTANCE_NAME = 1;
  private static final int AFTER = 2;
  private static final int END = 3;
  private static final int QUERY_FINGERPRINT = 4;
  private static final int KEY_VALUES = 4;
  private static final int JOURNAL_END_CURSOR = 1;

  private final String instanceName;
  private final TokenCipher cursors;
  private final TokenCipher journals;

  /**
   * A position in the result of one query.
   *
   * @param after the index key of the last row before the position; null at the end of the result
   * @param queryFingerprint which query it is a position of
   */
  @SuppressWarnings("ArrayRecordComponent") // equals and hashCode below go by content
  public record Cursor(byte @Nullable [] after, byte[] queryFingerprint) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Cursor that
          && Arrays.equals(after, that.after)
          && Arrays.equals(queryFingerprint, that.queryFingerprint);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(after) + Arrays.hashCode(queryFingerprint);
    }
  }

  CursorCodec(String instanceName, byte[] secret, RandomGenerator random) {
    this.instanceName = instanceName;
    this.cursors = TokenCipher.deterministic(secret, "cursor", CURSOR_VERSION);
    this.journals = TokenCipher.randomized(secret, "query journal", CURSOR_VERSION, random);
  }

  public String encode(Cursor cursor) {
    return cursors.seal(message(cursor));
  }

  /**
   * @throws FreshetException {@code InvalidCursor} if this instance did not make the text
   */
  public Cursor decode(String text) {
    byte[] message = cursors.open(text);
    if (message == null) {
      throw unreadable();
    }
    return parse(message);
  }

  /**
   * The cursor, if it belongs to the query at hand.
   *
   * @throws FreshetException {@code InvalidCursor} if this instance did not make the text, or made
   *     it for another query (then with the data by which React starts over)
   */
  public Cursor decodeFor(String text, byte[] queryFingerprint) {
    Cursor cursor = decode(text);
    if (!MessageDigest.isEqual(cursor.queryFingerprint(), queryFingerprint)) {
      throw ofAnotherQuery();
    }
    return cursor;
  }

  /** The journal of a query that ended a page at {@code endCursor}; null if it didn't paginate. */
  public @Nullable String encodeJournal(@Nullable Cursor endCursor) {
    return endCursor == null
        ? null
        : journals.seal(
            new ProtoWriter().bytes(JOURNAL_END_CURSOR, message(endCursor)).toByteArray());
  }

  /**
   * The end cursor of a journal; null if there is none.
   *
   * @throws FreshetException {@code InvalidCursor} if this instance did not make the text
   */
  public @Nullable Cursor decodeJournal(@Nullable String text) {
    if (text == null) {
      return null;
    }
    byte[] message = journals.open(text);
    if (message == null) {
      throw unreadable();
    }
    try {
      ProtoReader reader = new ProtoReader(message);
      Cursor cursor = null;
      for (int field = reader.next(); field != 0; field = reader.next()) {
        if (field == JOURNAL_END_CURSOR) {
          cursor = parse(reader.bytes());
        } else {
          reader.skip();
        }
      }
      return cursor;
    } catch (ProtoReader.MalformedException e) {
      throw unreadable();
    }
  }

  /** The error for a cursor that came from a different query. */
  public static FreshetException ofAnotherQuery() {
    return new FreshetException(
        ErrorClass.BAD_REQUEST,
        "InvalidCursor",
        "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor"
            + " is from a different query.",
        Value.ObjectValue.of(
            Map.of(
                "isConvexSystemError",
                Value.of(true),
                "paginationError",
                Value.of("InvalidCursor"))),
        null);
  }

  private static FreshetException unreadable() {
    return FreshetException.badRequest("InvalidCursor", "Failed to parse cursor");
  }

  private byte[] message(Cursor cursor) {
    ProtoWriter message = new ProtoWriter().string(INSTANCE_NAME, instanceName);
    if (cursor.after() == null) {
      message.bytes(END, new byte[0]);
    } else {
      message.bytes(AFTER, new ProtoWriter().bytes(KEY_VALUES, cursor.after()).toByteArray());
    }
    return message.bytes(QUERY_FINGERPRINT, cursor.queryFingerprint()).toByteArray();
  }

  private Cursor parse(byte[] message) {
    String name = "";
    byte[] after = null;
    boolean positioned = false;
    byte[] fingerprint = new byte[0];
    try {
      ProtoReader reader = new ProtoReader(message);
      for (int field = reader.next(); field != 0; field = reader.next()) {
        switch (field) {
          case INSTANCE_NAME -> name = new String(reader.bytes(), UTF_8);
          case AFTER -> {
            after = keyOf(reader.bytes());
            positioned = true;
          }
          case END -> {
            reader.skip();
            after = null;
            positioned = true;
          }
          case QUERY_FINGERPRINT -> fingerprint = reader.bytes();
          default -> reader.skip();
        }
      }
    } catch (ProtoReader.MalformedException e) {
      throw unreadable();
    }
    if (!name.equals(instanceName)) {
      throw FreshetException.badRequest(
          "InvalidCursor", "Key is invalid for instance \"" + instanceName + "\"");
    }
    if (!positioned) {
      throw unreadable();
    }
    return new Cursor(after, fingerprint);
  }

  private static byte[] keyOf(byte[] message) throws ProtoReader.MalformedException {
    ProtoReader reader = new ProtoReader(message);
    byte[] values = new byte[0];
    for (int field = reader.next(); field != 0; field = reader.next()) {
      if (field == KEY_VALUES) {
        values = reader.bytes();
      } else {
        reader.skip();
      }
    }
    return values;
  }
}
