package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The web platform's classes in contexts do what Node's own do (spec 30 §8), tried with random
 * arguments.
 */
class WebClassesTest extends RunnerTest {
  private static final int ROUNDS = 150;

  @Test
  void behaveAsThoseOfNode() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    String program = resource("web-classes.js");
    List<Integer> seeds = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      seeds.add(random.nextInt(Integer.MAX_VALUE));
    }
    List<String> expected = inNode(program, seeds);
    ModuleSet modules = Script.query("const { seed } = args;\n" + program);
    for (int i = 0; i < ROUNDS; i++) {
      int round = seeds.get(i);
      assertThat(lines(result(Fixtures.query(modules, "test:f", "{\"seed\":" + round + "}"))))
          .as("round %s", round)
          .isEqualTo(lines(expected.get(i)));
    }
  }

  /** One result a line, which is easier to compare. */
  private static String lines(String json) {
    return json.replace("],[\"", "],\n[\"");
  }

  private static List<String> inNode(String program, List<Integer> seeds) throws Exception {
    String script =
        "for (const seed of "
            + seeds
            + ") { console.log(JSON.stringify(await (async () => {"
            + program
            + "})())); }";
    Process node =
        new ProcessBuilder("node", "--no-warnings", "--input-type=module", "-")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var input = node.getOutputStream()) {
      input.write(script.getBytes(UTF_8));
    }
    String output = new String(node.getInputStream().readAllBytes(), UTF_8);
    assertThat(node.waitFor()).isZero();
    return output.lines().toList();
  }

  private static String resource(String name) throws IOException {
    try (var stream = WebClassesTest.class.getResourceAsStream(name)) {
      return new String(stream.readAllBytes(), UTF_8);
    }
  }
}
