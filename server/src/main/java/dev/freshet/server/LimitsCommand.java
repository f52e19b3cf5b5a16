package dev.freshet.server;

import static java.util.Objects.requireNonNull;

import dev.freshet.values.LimitsPage;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what can be limited by which variable; {@code docs/limits.md} is its output. */
@Command(
    name = "limits",
    description = "Prints all limits, their defaults, and the variables that change them.",
    mixinStandardHelpOptions = true)
final class LimitsCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    var out = requireNonNull(spec).commandLine().getOut();
    out.print(LimitsPage.markdown());
    out.flush();
    return 0;
  }
}
