package dev.freshet.values;

import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.ObjectValue;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Values as JSON (spec 10 §11, 40 §1.1). Reading takes the encoded form: any number is a float64,
 * and an object whose only field is {@code $integer}, {@code $float} or {@code $bytes} is the value
 * it spells. Writing gives canonical text: no white space, fields sorted, whole floats with {@code
 * .0}. All methods are thread-safe.
 *
 * <p>Reading throws {@link FreshetException} of class BAD_REQUEST: {@code InvalidJson} for what is
 * no JSON, {@code InvalidValue}, {@code InvalidString} and {@code InvalidFieldName} for what is no
 * value, and the limits' {@code ValueTooLargeError}, {@code TooNestedError}, {@code
 * TooManyFieldsError} and {@code ArrayTooLong} (spec 40 §1.6).
 */
public final class ValueJson {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
          .disable(TokenStreamFactory.Feature.CHARSET_DETECTION)
          .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxNestingDepth(1000)
                  .build())
          .build();

  private ValueJson() {}

  public static Value parse(byte[] json) {
    return parse(json, 0, json.length);
  }

  public static Value parse(byte[] json, int offset, int length) {
    return parse(json, offset, length, Limits.defaults());
  }

  public static Value parse(byte[] json, int offset, int length, Limits limits) {
    try (JsonParser parser = parser(json, offset, length)) {
      return whole(parser, new ValueReader(limits, false));
    } catch (JacksonException e) {
      throw invalidJson(e);
    }
  }

  /**
   * The size of a value (spec 40 §1.4), however large it is, without building it.
   *
   * @throws FreshetException as {@link #parse(byte[])}, but for {@code ValueTooLargeError}
   */
  public static long size(byte[] json) {
    try (JsonParser parser = parser(json, 0, json.length)) {
      parser.nextToken();
      return ValueReader.measure(parser, Limits.defaults());
    } catch (JacksonException e) {
      throw invalidJson(e);
    }
  }

  /** Reads JSON this server has checked and written before: the limits are not applied again. */
  public static Value parseStored(byte[] json, int offset, int length) {
    try (JsonParser parser = parser(json, offset, length)) {
      return whole(parser, ValueReader.unlimited());
    } catch (JacksonException e) {
      throw invalidJson(e);
    }
  }

  /** Reads a value that may hold {@link Value.CommitTsValue}. */
  public static Value parsePending(byte[] json) {
    try (JsonParser parser = parser(json, 0, json.length)) {
      return whole(parser, ValueReader.pending(Limits.defaults()));
    } catch (JacksonException e) {
      throw invalidJson(e);
    }
  }

  /** Reads an object that may hold {@link Value.CommitTsValue}. */
  public static ObjectValue parsePendingObject(String json) {
    try (JsonParser parser = parser(json)) {
      return requireObject(whole(parser, ValueReader.pending(Limits.defaults())));
    } catch (JacksonException e) {
      throw invalidJson(e);
    }
  }

  public static Value parse(String json) {
    try (JsonParser parser = parser(json)) {
      return whole(parser, new ValueReader(Limits.defaults(), false));
    } catch (JacksonException e) {
      throw invalidJson(e);
    }
  }

  /** Reads the export format: JSON integers are int64, other numbers float64. */
  public static Value parseExported(byte[] json) {
    try (JsonParser parser = parser(json, 0, json.length)) {
      return whole(parser, new ValueReader(Limits.defaults(), true));
    } catch (JacksonException e) {
      throw invalidJson(e);
    }
  }

  public static ObjectValue parseObject(byte[] json) {
    return requireObject(parse(json));
  }

  public static ObjectValue parseObject(String json) {
    return requireObject(parse(json));
  }

  /** Reads a JSON array, e.g. the arguments of a function. */
  public static ArrayValue parseArray(byte[] json) {
    if (parse(json) instanceof ArrayValue array) {
      return array;
    }
    throw FreshetException.badRequest("InvalidValue", "Value must be an Array");
  }

  /** Reads a value where {@code {"$undefined": null}}, given back as null, is allowed too. */
  public static @Nullable Value parseOrUndefined(String json) {
    try (JsonParser parser = parser(json)) {
      parser.nextToken();
      Value value = readOrUndefined(parser);
      requireEnd(parser);
      return value;
    } catch (JacksonException e) {
      throw invalidJson(e);
    }
  }

  /**
   * Reads the value of a patch: the fields in the order of the text, null for those to remove
   * ({@code {"$undefined": null}}, at the top level only). They may hold {@link
   * Value.CommitTsValue}.
   */
  public static Map<String, @Nullable Value> parsePatch(String json) {
    try (JsonParser parser = parser(json)) {
      parser.nextToken();
      Map<String, @Nullable Value> patch = readPatch(parser);
      requireEnd(parser);
      return patch;
    } catch (JacksonException e) {
      throw invalidJson(e);
    }
  }

  /**
   * Reads the value at the parser's current token and leaves the parser on the value's last token.
   * For callers that read a larger message; JacksonExceptions are theirs to turn into {@link
   * #invalidJson}.
   */
  public static Value read(JsonParser parser) {
    return new ValueReader(Limits.defaults(), false).readChecked(parser);
  }

  /** Like {@link #read}, with null for {@code {"$undefined": null}}. */
  public static @Nullable Value readOrUndefined(JsonParser parser) {
    return new ValueReader(Limits.defaults(), false).readOrUndefined(parser);
  }

  /** Like {@link #readOrUndefined}; the value may be {@link Value.CommitTsValue}. */
  public static @Nullable Value readPendingOrUndefined(JsonParser parser) {
    return ValueReader.pending(Limits.defaults()).readOrUndefined(parser);
  }

  /** Like {@link #parsePatch}, from the parser's current token. */
  public static Map<String, @Nullable Value> readPatch(JsonParser parser) {
    return ValueReader.pending(Limits.defaults()).readPatch(parser);
  }

  public static String write(Value value, JsonFormat format) {
    return new JsonBuffer().value(value, format).toString();
  }

  public static byte[] writeBytes(Value value, JsonFormat format) {
    return new JsonBuffer().value(value, format).toBytes();
  }

  /**
   * Turns canonical encoded JSON (as {@link #write} gives it) into another format in one pass,
   * without building the value.
   */
  public static byte[] convert(byte[] encodedJson, JsonFormat format) {
    if (format == JsonFormat.ENCODED) {
      return encodedJson;
    }
    JsonBuffer out = new JsonBuffer(encodedJson.length + 16);
    convert(encodedJson, 0, encodedJson.length, format, out);
    return out.toBytes();
  }

  /** Like {@link #convert(byte[], JsonFormat)}, to the end of a buffer. */
  public static void convert(
      byte[] encodedJson, int offset, int length, JsonFormat format, JsonBuffer out) {
    try {
      JsonTranscoder.convert(encodedJson, offset, length, format, out);
    } catch (IndexOutOfBoundsException e) {
      throw FreshetException.internal("the JSON to convert is not canonical", e);
    }
  }

  public static void append(Value value, JsonFormat format, StringBuilder out) {
    out.append(write(value, format));
  }

  /** A parser of the one shared factory, before its first token. Close it. */
  public static JsonParser parser(byte[] json, int offset, int length) {
    return FACTORY.createParser(ObjectReadContext.empty(), json, offset, length);
  }

  /** A parser of the one shared factory, before its first token. Close it. */
  public static JsonParser parser(String json) {
    return FACTORY.createParser(ObjectReadContext.empty(), json);
  }

  /** The bad request for text that is no JSON. */
  public static FreshetException invalidJson(JacksonException cause) {
    return new FreshetException(
        ErrorClass.BAD_REQUEST,
        "InvalidJson",
        "Invalid JSON: " + cause.getOriginalMessage(),
        null,
        cause);
  }

  private static Value whole(JsonParser parser, ValueReader reader) {
    parser.nextToken();
    Value value = reader.readChecked(parser);
    requireEnd(parser);
    return value;
  }

  private static void requireEnd(JsonParser parser) {
    JsonToken token = parser.nextToken();
    if (token != null) {
      throw FreshetException.badRequest("InvalidJson", "Invalid JSON: text after the value's end");
    }
  }

  private static ObjectValue requireObject(Value value) {
    if (value instanceof ObjectValue object) {
      return object;
    }
    throw FreshetException.badRequest("InvalidValue", "Value must be an Object");
  }
}
