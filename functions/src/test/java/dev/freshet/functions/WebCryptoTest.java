package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** {@code crypto.subtle} does what Node's own does (spec 30 §8.3). */
class WebCryptoTest extends RunnerTest {
  @Test
  void agreesWithNodeOnKeysAndWhatComesOfThem() throws Exception {
    String vectors =
        JsonMapper.shared()
            .writeValueAsString(NodeProgram.output(NodeProgram.resource("crypto-vectors.mjs")));
    ModuleSet modules =
        Script.query("const { vectors } = args;\n" + NodeProgram.resource("crypto-check.js"));
    assertThat(result(Fixtures.query(modules, "test:f", "{\"vectors\":" + vectors + "}")))
        .isEqualTo("[]");
  }

  @Test
  void refusesWhatNodeRefuses() throws Exception {
    String program = NodeProgram.resource("crypto-refusals.js");
    String expected =
        NodeProgram.output("console.log(JSON.stringify(await (async () => {" + program + "})()));");
    assertThat(lines(queried(program))).isEqualTo(lines(expected));
  }

  @Test
  void drawsNoRandomnessInQueries() {
    String text = "Can't use cryptographic randomness in queries and mutations.";
    assertThat(
            queryError("await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);")
                .message())
        .contains(text);
  }

  /** One result a line, which is easier to compare. */
  private static String lines(String json) {
    return json.replace("\",\"", "\",\n\"");
  }
}
