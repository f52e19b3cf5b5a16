package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

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
    String program = NodeProgram.resource("web-classes.js");
    List<Integer> seeds = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      seeds.add(random.nextInt(Integer.MAX_VALUE));
    }
    List<String> expected =
        NodeProgram.output(
                "for (const seed of "
                    + seeds
                    + ") { console.log(JSON.stringify(await (async () => {"
                    + program
                    + "})())); }")
            .lines()
            .toList();
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
}
