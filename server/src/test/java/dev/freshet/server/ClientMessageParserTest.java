package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.server.ClientMessage.QueryModification;
import dev.freshet.server.ClientMessage.Token;
import dev.freshet.server.ClientMessageParser.InvalidMessageException;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientMessageParserTest {
  private static ClientMessage parse(String text) throws InvalidMessageException {
    return ClientMessageParser.parse(text.getBytes(UTF_8));
  }

  @Test
  void readsConnect() throws Exception {
    assertThat(
            parse(
                """
                {"connectionCount":3,"lastCloseReason":null,"clientTs":1795227346964,
                 "type":"Connect","sessionId":"a0320000-0000-4000-8000-000000000001",
                 "maxObservedTimestamp":"6AMAAAAAAAA=","later":{"field":[1,{}]}}"""))
        .isEqualTo(
            new ClientMessage.Connect(
                UUID.fromString("a0320000-0000-4000-8000-000000000001"),
                3,
                "unknown",
                1_000L,
                1_795_227_346_964L));
  }

  @Test
  void keepsArgumentsAsTheClientWroteThem() throws Exception {
    String args = "[{\"é\": [1, 2.50 , {\"$integer\":\"AQAAAAAAAAA=\"}] , \"x\":\"]\\ud800\"}]";
    ClientMessage message =
        parse(
            "{\"type\":\"ModifyQuerySet\",\"baseVersion\":0,\"newVersion\":1,\"modifications\":["
                + "{\"type\":\"Add\",\"queryId\":4294967295,\"udfPath\":\"m:f\",\"args\": "
                + args
                + " ,\"journal\":\"J\"},{\"queryId\":3,\"type\":\"Remove\"}]}");

    ClientMessage.ModifyQuerySet modify = (ClientMessage.ModifyQuerySet) message;
    QueryModification.Add add = (QueryModification.Add) modify.modifications().getFirst();
    assertThat(new String(add.call().args(), UTF_8)).isEqualTo(args);
    assertThat(add.queryId()).isEqualTo(4_294_967_295L);
    assertThat(add.journal()).isEqualTo("J");
    assertThat(modify.modifications().get(1)).isEqualTo(new QueryModification.Remove(3));
  }

  @Test
  void cutsArgumentsOutOfLongMessages() throws Exception {
    String args = "[{\"text\":\"" + "ü😀".repeat(100_000) + "\"}]";
    ClientMessage message =
        parse("{\"type\":\"Mutation\",\"requestId\":7,\"args\":" + args + ",\"udfPath\":\"m:f\"}");
    assertThat(new String(((ClientMessage.Mutation) message).call().args(), UTF_8)).isEqualTo(args);
  }

  @Test
  void aQueryWithoutArgumentsHasNone() throws Exception {
    ClientMessage.ModifyQuerySet modify =
        (ClientMessage.ModifyQuerySet)
            parse(
                """
                {"type":"ModifyQuerySet","baseVersion":0,"newVersion":1,
                 "modifications":[{"type":"Add","queryId":0,"udfPath":"m:f","journal":null}]}""");
    QueryModification.Add add = (QueryModification.Add) modify.modifications().getFirst();
    assertThat(new String(add.call().args(), UTF_8)).isEqualTo("[]");
    assertThat(add.journal()).isNull();
  }

  @Test
  void readsTheIdentityToActAsUnderBothNames() throws Exception {
    for (String name : new String[] {"impersonating", "acting_as"}) {
      ClientMessage.Authenticate message =
          (ClientMessage.Authenticate)
              parse(
                  "{\"type\":\"Authenticate\",\"baseVersion\":0,\"tokenType\":\"Admin\","
                      + "\"value\":\"k\",\""
                      + name
                      + "\":{\"issuer\":\"i\"}}");
      Token.Admin admin = (Token.Admin) message.token();
      assertThat(admin.actingAs()).isEqualTo("{\"issuer\":\"i\"}".getBytes(UTF_8));
      assertThat(admin).hasToString("Admin[…]");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "{} {}",
        "{\"type\":\"Nonsense\"}",
        "{\"type\":5}",
        "{\"type\":\"Mutation\",\"requestId\":0,\"udfPath\":\"a:b\"}",
        "{\"type\":\"Mutation\",\"requestId\":-1,\"udfPath\":\"a:b\",\"args\":[]}",
        "{\"type\":\"Mutation\",\"requestId\":4294967296,\"udfPath\":\"a:b\",\"args\":[]}",
        "{\"type\":\"Mutation\",\"requestId\":1.5,\"udfPath\":\"a:b\",\"args\":[]}",
        "{\"type\":\"Mutation\",\"requestId\":99999999999999999999,\"udfPath\":\"a\",\"args\":[]}",
        "{\"type\":\"Mutation\",\"requestId\":0,\"udfPath\":\"a:b\",\"args\":{}}",
        "{\"type\":\"Mutation\",\"requestId\":0,\"udfPath\":\"a:b\",\"args\":[}",
        "{\"type\":\"Connect\",\"connectionCount\":0,\"sessionId\":\"x\"}",
        "{\"type\":\"Connect\",\"connectionCount\":0,\"sessionId\":\"a0320000-0000-4000-8000-"
            + "000000000001\",\"maxObservedTimestamp\":\"AA==\"}",
        "{\"type\":\"Authenticate\",\"baseVersion\":0,\"tokenType\":\"Other\"}",
        "{\"type\":\"Authenticate\",\"baseVersion\":0,\"tokenType\":\"User\"}",
        "{\"type\":\"ModifyQuerySet\",\"baseVersion\":0,\"newVersion\":1}",
        "{\"type\":\"ModifyQuerySet\",\"baseVersion\":0,\"newVersion\":1,\"modifications\":[1]}",
      })
  void refusesWhatIsNoMessage(String text) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(InvalidMessageException.class);
  }
}
