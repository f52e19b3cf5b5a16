package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.CallOutcome;
import dev.freshet.server.ServerMessage.StateModification;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class MessagePrinterTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static String print(ServerMessage message) {
    return new String(MessagePrinter.print(message), UTF_8);
  }

  private static CallOutcome.Success success(String json) {
    return new CallOutcome.Success(json.getBytes(UTF_8), List.of("[LOG] 'hi'"));
  }

  @Test
  void printsTransitions() {
    assertThat(
            print(
                new ServerMessage.Transition(
                    StateVersion.INITIAL,
                    new StateVersion(1, 0, 1_000),
                    List.of(
                        new StateModification.Updated(0, success("{\"n\":1.0}"), "J1"),
                        new StateModification.Removed(3)),
                    new ServerMessage.ClockFields(-5, 1_795_227_346_964_000_001L))))
        .isEqualTo(
            "{\"type\":\"Transition\",\"startVersion\":{\"querySet\":0,\"identity\":0,"
                + "\"ts\":\"AAAAAAAAAAA=\"},\"endVersion\":{\"querySet\":1,\"identity\":0,"
                + "\"ts\":\"6AMAAAAAAAA=\"},\"modifications\":[{\"type\":\"QueryUpdated\","
                + "\"queryId\":0,\"value\":{\"n\":1.0},\"logLines\":[\"[LOG] 'hi'\"],"
                + "\"journal\":\"J1\"},{\"type\":\"QueryRemoved\",\"queryId\":3}],"
                + "\"clientClockSkew\":-5,\"serverTs\":1795227346964000001}");
  }

  @Test
  void errorDataIsPresentExactlyForErrorsThatCarryData() {
    CallOutcome.Failure plain = new CallOutcome.Failure("m", "m", null, List.of());
    CallOutcome.Failure withNull =
        new CallOutcome.Failure("m", "m", "null".getBytes(UTF_8), List.of());

    assertThat(print(new ServerMessage.MutationResponse(7, plain, 0)))
        .isEqualTo(
            "{\"type\":\"MutationResponse\",\"requestId\":7,\"success\":false,\"result\":\"m\","
                + "\"ts\":null,\"logLines\":[]}");
    assertThat(print(new ServerMessage.ActionResponse(7, withNull)))
        .isEqualTo(
            "{\"type\":\"ActionResponse\",\"requestId\":7,\"success\":false,\"result\":\"m\","
                + "\"logLines\":[],\"errorData\":null}");
  }

  @Test
  void escapesTextsForEveryReader() {
    String text = "\"\\\b\u0000\u001f\n é ß 漢 😀 \ud800 \u2028";
    JsonNode message = MAPPER.readTree(print(new ServerMessage.FatalError(text)));
    assertThat(message.path("error").stringValue()).isEqualTo(text.replace('\ud800', '\ufffd'));
  }

  @Test
  void chunksPutTogetherAreTheTransition() {
    byte[] transition =
        MessagePrinter.print(
            new ServerMessage.Transition(
                StateVersion.INITIAL,
                new StateVersion(1, 0, 1),
                List.of(
                    new StateModification.Updated(
                        0, success("\"" + "aé漢😀\\\"".repeat(2_000) + "\""), null)),
                null));
    for (int size = 997; size < 1_010; size++) {
      StringBuilder whole = new StringBuilder();
      List<byte[]> chunks = MessagePrinter.chunks(transition, size);
      for (int part = 0; part < chunks.size(); part++) {
        JsonNode chunk = MAPPER.readTree(chunks.get(part));
        assertThat(chunk.path("type").stringValue()).isEqualTo("TransitionChunk");
        assertThat(chunk.path("partNumber").intValue()).isEqualTo(part);
        assertThat(chunk.path("totalParts").intValue()).isEqualTo(chunks.size());
        assertThat(chunk.path("transitionId").stringValue())
            .isEqualTo(String.valueOf(transition.length));
        String piece = chunk.path("chunk").stringValue();
        assertThat(piece.getBytes(UTF_8).length).isLessThanOrEqualTo(size);
        whole.append(piece);
      }
      assertThat(whole.toString().getBytes(UTF_8)).isEqualTo(transition);
    }
  }
}
