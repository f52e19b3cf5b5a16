package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;

/** Programs for Node itself, whose results tests compare with those of contexts. */
final class NodeProgram {
  private NodeProgram() {}

  /** What an ES module prints, without white space at its ends. */
  static String output(String program) throws IOException, InterruptedException {
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

  /** A text beside the tests. */
  static String resource(String name) throws IOException {
    try (var stream = requireNonNull(NodeProgram.class.getResourceAsStream(name), name)) {
      return new String(stream.readAllBytes(), UTF_8);
    }
  }
}
