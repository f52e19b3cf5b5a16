package dev.freshet.values;

import dev.freshet.bench.InnerSamples;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Ids, and values as JSON. */
@State(Scope.Thread)
public class ValuesInner {
  private final SplittableRandom random = new SplittableRandom(1);
  private final DocumentId id = InnerSamples.id(random);
  private final String idText = id.encode();
  private final byte[] stored = InnerSamples.stored(id, random);
  private final byte[] json = java.util.Arrays.copyOfRange(stored, 1, stored.length);
  private final Value value = ValueJson.parse(json);
  private final byte[] buffer = new byte[DocumentIdCodec.MAX_TEXT];
  private final JsonBuffer reused = new JsonBuffer();

  @Benchmark
  public Object encodeId() {
    return id.encode();
  }

  @Benchmark
  public int encodeIdIntoBuffer() {
    return DocumentIdCodec.encode(id, buffer, 0);
  }

  @Benchmark
  public Object decodeId() {
    return DocumentId.decode(idText);
  }

  @Benchmark
  public Object parse() {
    return ValueJson.parse(json);
  }

  @Benchmark
  public Object parseStored() {
    return ValueJson.parseStored(stored, 1, stored.length - 1);
  }

  @Benchmark
  public Object write() {
    return ValueJson.writeBytes(value, JsonFormat.ENCODED);
  }

  @Benchmark
  public int writeIntoBuffer() {
    return reused.clear().value(value, JsonFormat.ENCODED).length();
  }

  @Benchmark
  public long sizeOfStored() {
    return Sizes.ofJson(stored, 1, stored.length - 1);
  }
}
