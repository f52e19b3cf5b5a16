package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.app.CursorCodec.Cursor;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyBrokerTest {
  // The publicly known development secret, and keys that were issued for it elsewhere.
  private static final String SECRET =
      "4361726e697461732c206c69746572616c6c79206d65616e696e6720226c6974";
  private static final String LEGACY_KEY =
      "0135d8598650f8f5cb0f30c34ec2e2bb62793bc28717c8eb6fb577996d50be5f4281b59181095065c5d0f86a2c31"
          + "ddbe9b597ec62b47ded69782cd";
  private static final String NEW_KEY =
      "017c5405aba48afe1d1681528424e4528026e69e3b99e400ef23f2f3741a11db225497db09";
  private static final String NEWER_KEY =
      "019cb1e9d2a276fed585622e93d15bb5a3a61d278d6d4ca11b0b7a3f87e5c3635843e8c5e7";

  private final KeyBroker broker = broker("carnitas", SECRET);

  private static KeyBroker broker(String name, String secret) {
    return new KeyBroker(InstanceCredentials.of(name, secret), Clock.system(), new SecureRandom());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "carnitas|" + NEW_KEY,
        "prod:carnitas|" + NEW_KEY,
        "dev:carnitas|" + NEWER_KEY,
        "carnitas|" + LEGACY_KEY,
        LEGACY_KEY,
        "preview:team:project|" + LEGACY_KEY,
        "project:team:project|" + LEGACY_KEY,
      })
  void acceptsKeysThatOtherServersIssuedWithTheSameSecret(String key) {
    assertThat(broker.checkAdminKey(key))
        .isEqualTo(new Identity.Admin("carnitas", DeploymentOp.all(), false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "|",
        "carnitas",
        "carnitas|",
        "carnitas|01",
        "carnitas|zz",
        "other|" + NEW_KEY,
        "Carnitas|" + NEW_KEY,
        NEW_KEY, // names no instance, inside or outside
        "preview:a:b|" + NEW_KEY,
        "carnitas|02" + "7c5405aba48afe1d1681528424e4528026e69e3b99e400ef23f2f3741a11db225497db09",
      })
  void refusesWhatItDidNotIssue(String key) {
    assertRefused(() -> broker.checkAdminKey(key));
  }

  @Test
  void refusesAKeyWithAnyBitChanged() {
    byte[] key = HexFormat.of().parseHex(NEW_KEY);
    for (int bit = 0; bit < key.length * 8; bit++) {
      byte[] changed = key.clone();
      changed[bit / 8] ^= (byte) (1 << (bit % 8));
      assertRefused(() -> broker.checkAdminKey("carnitas|" + HexFormat.of().formatHex(changed)));
    }
  }

  @Test
  void refusesAKeyOfAnotherSecret() {
    KeyBroker other = broker("carnitas", "00".repeat(32));
    assertRefused(() -> other.checkAdminKey("carnitas|" + NEW_KEY));
    assertRefused(() -> broker.checkAdminKey(other.issueAdminKey()));
  }

  @Test
  void checksTheKeysItIssues() {
    assertThat(broker.issueAdminKey()).matches("carnitas\\|01[0-9a-f]+");
    assertThat(broker.issueAdminKey()).isNotEqualTo(broker.issueAdminKey());
    assertThat(broker.checkAdminKey(broker.issueAdminKey()))
        .isEqualTo(new Identity.Admin("carnitas", DeploymentOp.all(), false));
    assertThat(broker.checkAdminKey(broker.issueReadOnlyKey()))
        .isEqualTo(new Identity.Admin("carnitas", DeploymentOp.readOnly(), true));
    assertThat(broker.checkAdminKey(broker.issueSystemKey())).isEqualTo(new Identity.Internal());
  }

  @Test
  void cursorsComeBackAndEqualOnesHaveEqualTexts() {
    CursorCodec codec = broker.cursors();
    Cursor after = new Cursor(new byte[] {1, 2, 3}, new byte[32]);
    Cursor end = new Cursor(null, new byte[32]);
    assertThat(codec.decode(codec.encode(after))).isEqualTo(after);
    assertThat(codec.decode(codec.encode(end))).isEqualTo(end);
    assertThat(codec.encode(after)).isEqualTo(codec.encode(after)).startsWith("07");
    assertThat(codec.encode(after)).isNotEqualTo(codec.encode(end));
  }

  @Test
  void journalsComeBackAndNeverRepeat() {
    CursorCodec codec = broker.cursors();
    Cursor after = new Cursor(new byte[] {1, 2, 3}, new byte[32]);
    assertThat(codec.decodeJournal(codec.encodeJournal(after))).isEqualTo(after);
    assertThat(codec.encodeJournal(after)).isNotEqualTo(codec.encodeJournal(after));
    assertThat(codec.encodeJournal(null)).isNull();
    assertThat(codec.decodeJournal(null)).isNull();
  }

  @Test
  void refusesCursorsItDidNotMake() {
    CursorCodec codec = broker.cursors();
    Cursor cursor = new Cursor(new byte[] {1, 2, 3}, new byte[32]);
    assertInvalidCursor(() -> codec.decode("garbage"));
    assertInvalidCursor(() -> codec.decode("07"));
    assertInvalidCursor(() -> codec.decodeJournal(codec.encode(cursor)));
    assertInvalidCursor(
        () -> broker("carnitas", "00".repeat(32)).cursors().decode(codec.encode(cursor)));
    assertThatThrownBy(() -> broker("tacos", SECRET).cursors().decode(codec.encode(cursor)))
        .hasMessage("Key is invalid for instance \"tacos\"");
  }

  @Test
  void aCursorOfAnotherQueryTellsReactToStartOver() {
    CursorCodec codec = broker.cursors();
    String cursor = codec.encode(new Cursor(new byte[] {1}, new byte[] {1}));
    assertThat(codec.decodeFor(cursor, new byte[] {1}).after()).containsExactly(1);
    assertThatThrownBy(() -> codec.decodeFor(cursor, new byte[] {2}))
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.code()).isEqualTo("InvalidCursor");
              assertThat(e.data()).isNotNull();
            })
        .hasMessageStartingWith("InvalidCursor: Tried to run a query");
  }

  private static void assertInvalidCursor(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).isEqualTo("InvalidCursor"))
        .hasMessage("Failed to parse cursor");
  }

  private static void assertRefused(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.code()).isEqualTo("BadAdminKey");
              assertThat(e.errorClass()).isEqualTo(ErrorClass.UNAUTHENTICATED);
            });
  }
}
