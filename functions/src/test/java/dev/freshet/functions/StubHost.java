package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A host that answers from functions given by the test, and notes what it was asked. */
final class StubHost implements FunctionHost {
  final List<String> asked = new ArrayList<>();
  final List<String> variablesRead = new ArrayList<>();
  final Map<String, String> environment = new HashMap<>();
  Function<Syscall, SyscallResult> answers = syscall -> SyscallResult.answer("null");
  Function<Syscall, String> syncAnswers = syscall -> "null";
  Consumer<Boolean> whenParked = parked -> {};
  boolean gone;
  boolean mayRestart;
  int restarts;

  @Override
  public String syscall(String operation, String argsJson) {
    asked.add(operation);
    return syncAnswers.apply(new Syscall(operation, argsJson));
  }

  /** One at a time, so that the splitting into batches is exercised. */
  @Override
  public List<SyscallResult> asyncSyscalls(List<Syscall> pending) {
    Syscall first = pending.getFirst();
    asked.add(first.operation());
    return List.of(answers.apply(first));
  }

  @Override
  public @Nullable String environmentVariable(String name) {
    variablesRead.add(name);
    return environment.get(name);
  }

  @Override
  public boolean restart() {
    restarts++;
    return mayRestart;
  }

  @Override
  public boolean isGone() {
    return gone;
  }

  @Override
  public void parked(boolean parked) {
    whenParked.accept(parked);
  }

  @Override
  public void streamRead(int stream, int rows, boolean closed) {
    asked.add("read " + rows + " of " + stream + (closed ? ", closed" : ""));
  }

  @Override
  public void rewindStreams() {
    asked.add("rewind");
  }

  static SyscallResult failed(String message) {
    return new SyscallResult.Failed(FreshetException.badRequest("Test", message));
  }
}
