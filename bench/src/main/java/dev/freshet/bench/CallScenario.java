package dev.freshet.bench;

import dev.freshet.bench.HttpConnection.Response;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Calls of one function over HTTP.
 *
 * @param endpoint {@code query}, {@code mutation} or {@code action}
 * @param arguments makes the JSON object of the next call's arguments; called by many threads
 */
record CallScenario(String endpoint, String function, Function<RandomGenerator, String> arguments)
    implements ClosedLoop.Scenario {
  @Override
  public String path() {
    return "/api/" + endpoint + "?format=json";
  }

  @Override
  public byte[] body(RandomGenerator random) {
    return Calls.body(function, arguments.apply(random));
  }

  @Override
  public @Nullable String errorOf(Response response) {
    return Calls.errorOf(response);
  }
}
