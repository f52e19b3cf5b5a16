package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** {@code crypto.subtle} does what Node's own does (spec 30 §8.3). */
class WebCryptoTest extends RunnerTest {
  @Test
  void agreesWithNodeOnKeysAndWhatComesOfThem() throws Exception {
    String vectors = JsonMapper.shared().writeValueAsString(inNode(resource("crypto-vectors.mjs")));
    ModuleSet modules = Script.query("const { vectors } = args;\n" + resource("crypto-check.js"));
    assertThat(result(Fixtures.query(modules, "test:f", "{\"vectors\":" + vectors + "}")))
        .isEqualTo("[]");
  }

  @Test
  void refusesWhatNodeRefuses() throws Exception {
    String program = resource("crypto-refusals.js");
    String expected =
        inNode("console.log(JSON.stringify(await (async () => {" + program + "})()));");
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

  private static String inNode(String program) throws IOException, InterruptedException {
    Process node =
        new ProcessBuilder("node", "--no-warnings", "--input-type=module", "-")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var input = node.getOutputStream()) {
      input.write(program.getBytes(UTF_8));
    }
    String output = new String(node.getInputStream().readAllBytes(), UTF_8);
    assertThat(node.waitFor()).isZero();
    return output.strip();
  }

  private static String resource(String name) throws IOException {
    try (var stream = WebCryptoTest.class.getResourceAsStream(name)) {
      return new String(stream.readAllBytes(), UTF_8);
    }
  }
}
