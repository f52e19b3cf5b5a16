package dev.freshet.app;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.Limits;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class JwtSignerTest {
  private static final long NOW = 1_700_000_000_999L;

  private final JwtSigner signer = signer("07");

  private static JwtSigner signer(String secret) {
    return new JwtSigner(
        InstanceCredentials.of("otter", secret.repeat(32)),
        "https://example.test",
        Limits.defaults());
  }

  private static byte[] decode(String base64) {
    return Base64.getUrlDecoder().decode(base64);
  }

  private static JsonNode json(String part) {
    return Json.parseStored(new String(decode(part), US_ASCII));
  }

  private String[] sign(String args) {
    return Json.parseStored(signer.sign(args, NOW)).asString().split("\\.", -1);
  }

  /** As any other program reads the published key. */
  private PublicKey publishedKey(String kid) throws Exception {
    JsonNode keys = Json.parseStored(signer.keySet()).get("keys");
    assertThat(keys).hasSize(1);
    JsonNode key = keys.get(0);
    assertThat(key.get("kid").asString()).isEqualTo(kid);
    assertThat(key.has("d")).isFalse();
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp256r1"));
    ECPoint point =
        new ECPoint(
            new BigInteger(1, decode(key.get("x").asString())),
            new BigInteger(1, decode(key.get("y").asString())));
    return KeyFactory.getInstance("EC")
        .generatePublic(new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class)));
  }

  @Test
  void othersVerifyTokensByThePublishedKey() throws Exception {
    String[] token =
        sign("{\"claims\":{\"sub\":\"u\",\"deep\":{\"a\":[1]}},\"expiresInSeconds\":60,\"x\":1}");
    JsonNode header = json(token[0]);
    assertThat(header.get("alg").asString()).isEqualTo("ES256");
    assertThat(Json.write(json(token[1])))
        .isEqualTo(
            "{\"sub\":\"u\",\"deep\":{\"a\":[1]},\"iss\":\"https://example.test\","
                + "\"iat\":1700000000,\"exp\":1700000060}");
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initVerify(publishedKey(header.get("kid").asString()));
    signature.update((token[0] + "." + token[1]).getBytes(US_ASCII));
    assertThat(signature.verify(decode(token[2]))).isTrue();
  }

  @Test
  void theKeyComesFromTheSecretAndEqualTokensAreEqual() {
    String args = "{\"expiresInSeconds\":1}";
    assertThat(signer("07").sign(args, NOW)).isEqualTo(signer.sign(args, NOW));
    assertThat(signer("07").keySet()).isEqualTo(signer.keySet());
    assertThat(signer("08").keySet()).isNotEqualTo(signer.keySet());
  }

  @ParameterizedTest
  @ValueSource(strings = {"iss", "IAT", "exp", "nbf", "convexRole", "CONVEX", "cvx", "Cvx_x"})
  void reservedClaimsAreRefused(String name) {
    String args = "{\"claims\":{\"" + name + "\":1},\"expiresInSeconds\":1}";
    assertThat(PushFixture.codeOf(() -> signer.sign(args, NOW))).isEqualTo("400 InvalidJwtClaims");
  }

  @Test
  void claimsMustBeAnObjectThatIsNotTooLarge() {
    String args = "{\"claims\":{\"a\":\"" + "x".repeat(17_000) + "\"},\"expiresInSeconds\":1}";
    assertThat(PushFixture.codeOf(() -> signer.sign(args, NOW))).isEqualTo("400 InvalidJwtClaims");
    assertThat(
            PushFixture.codeOf(() -> signer.sign("{\"claims\":[1],\"expiresInSeconds\":1}", NOW)))
        .isEqualTo("400 InvalidJwtClaims");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "3601", "1.5", "\"60\"", "null", "1e99"})
  void theLifeOfATokenIsWholeSecondsUpToAnHour(String seconds) {
    assertThat(PushFixture.codeOf(() -> signer.sign("{\"expiresInSeconds\":" + seconds + "}", NOW)))
        .isEqualTo("400 InvalidJwtExpiration");
  }

  @Test
  void theLifeOfATokenMustBeGiven() {
    assertThat(PushFixture.codeOf(() -> signer.sign("{}", NOW)))
        .isEqualTo("400 InvalidJwtExpiration");
  }
}
