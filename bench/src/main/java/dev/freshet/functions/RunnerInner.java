package dev.freshet.functions;

import dev.freshet.bench.InnerSamples;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What the runner's process is sent. */
@State(Scope.Thread)
public class RunnerInner {
  private final SplittableRandom random = new SplittableRandom(1);
  private final byte[] stored = InnerSamples.stored(InnerSamples.id(random), random);
  private final MessageWriter message = new MessageWriter();

  /** A stored document as the answer to a syscall, up to the bytes that go into the pipe. */
  @Benchmark
  public Object answerWithDocument() {
    SyscallResult.Answer answer = new SyscallResult.Answer(stored, 1, stored.length - 1);
    message.u8(RunnerProtocol.DELIVERED).text(answer.bytes(), answer.offset(), answer.length());
    message.clear();
    return message;
  }
}
