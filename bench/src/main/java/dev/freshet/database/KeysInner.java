package dev.freshet.database;

import dev.freshet.bench.InnerSamples;
import dev.freshet.values.DocumentChecks;
import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** From stored bytes to index keys, and to the stored bytes of the next revision. */
@State(Scope.Thread)
public class KeysInner {
  private static final int LARGE_BODY = 840;

  private final SplittableRandom random = new SplittableRandom(1);
  private final DocumentId id = InnerSamples.id(random);
  private final byte[] stored = InnerSamples.stored(id, random);
  private final byte[] large =
      InnerSamples.stored(InnerSamples.document(id, InnerSamples.message(random, LARGE_BODY)));
  private final TableLayout layout = layout();
  private double likes;

  private static TableLayout layout() {
    InternalId tablet = new InternalId(1, 2);
    return new TableLayout(
        new TableInfo(
            tablet, Namespace.ROOT, "messages", InnerSamples.TABLE, TableState.ACTIVE, 40),
        List.of(
            new IndexInfo(
                new InternalId(3, 4),
                tablet,
                "by_channel",
                List.of("channel", "likes"),
                IndexState.ENABLED,
                false,
                41)));
  }

  @Benchmark
  public Object keysOfStored() {
    return layout.keys(stored, id.internalId());
  }

  /** What a patch does between reading the old revision and writing the new one. */
  @Benchmark
  public Object patchStored() {
    likes++;
    Map<String, @Nullable Value> change = Map.of("likes", Value.of(likes));
    Document old = new Document(id, 1, large, null);
    ObjectValue changed = new Patch(change).applyTo(old.value());
    Value time = Objects.requireNonNull(old.value().get(DocumentChecks.CREATION_TIME));
    ObjectValue document = DocumentChecks.complete(changed, id, time);
    DocumentChecks.check(document, id, false, Limits.defaults());
    return StoredForm.of(document);
  }
}
