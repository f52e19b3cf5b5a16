package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MutationTraitsTest {
  private static final FunctionPath FUNCTION = FunctionPath.parse("votes:cast");

  private static List<Object> traits(Identity identity, String args) {
    return MutationTraits.of(
        new MutationRequest(
            FUNCTION,
            args.getBytes(UTF_8),
            identity,
            null,
            RequestContext.of("0123456789abcdef", Caller.HTTP_API)));
  }

  private static List<Object> traits(String args) {
    return traits(Identity.anonymous(), args);
  }

  private static Set<Object> shared(String args, String others) {
    Set<Object> shared = new HashSet<>(traits(args));
    shared.retainAll(traits(others));
    return shared;
  }

  @Test
  void callsShareTheFunctionAndEqualArguments() {
    assertThat(shared("{\"poll\":\"a\",\"n\":1.0}", "{\"poll\":\"b\",\"n\":2.0}")).hasSize(1);
    assertThat(shared("{\"poll\":\"a\",\"n\":1.0}", "[{\"poll\":\"a\",\"n\":2.0}]")).hasSize(2);
    assertThat(shared("{\"from\":1.0}", "{\"to\":1.0}")).hasSize(1);
  }

  @Test
  void theUserIsATrait() {
    Identity user = new Identity.User(new UserAttributes("https://issuer|ann", "{}"));
    assertThat(traits(user, "{}")).hasSize(2);
    assertThat(traits("{}")).hasSize(1);
  }

  @Test
  void whatIsNotPlainOrTooMuchIsLeftOut() {
    assertThat(traits("{\"list\":[1.0],\"object\":{\"a\":1.0},\"flag\":true,\"none\":null}"))
        .hasSize(1);
    assertThat(traits("{\"text\":\"" + "x".repeat(129) + "\"}")).hasSize(1);
    assertThat(traits("{\"n\":1.0,\"text\":\"" + "x".repeat(20_000) + "\"}")).hasSize(1);
    StringBuilder many = new StringBuilder("{\"a\":1.0");
    for (int i = 0; i < 100; i++) {
      many.append(",\"a").append(i).append("\":1.0");
    }
    assertThat(traits(many + "}")).hasSize(16);
  }

  @Test
  void argumentsThatAreNoneAreLeftToTheirChecks() {
    for (String args : List.of("", "{", "[]", "[1.0]", "[{},{}]", "7.0", "{\"$integer\":\"x\"}")) {
      assertThat(traits(args)).hasSize(1);
    }
  }
}
