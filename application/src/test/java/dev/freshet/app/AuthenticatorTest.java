package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.Clock;
import dev.freshet.values.FreshetException;
import java.security.SecureRandom;
import java.util.Base64;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthenticatorTest {
  private final KeyBroker keys =
      new KeyBroker(
          InstanceCredentials.of("happy-otter-1", "07".repeat(32)),
          Clock.system(),
          new SecureRandom());
  private final Authenticator authenticator = new Authenticator(keys);
  private final String key = keys.issueAdminKey();
  private final Identity.Admin admin =
      new Identity.Admin("happy-otter-1", DeploymentOp.all(), false);

  @Test
  void readsEveryFormOfCredential() {
    assertThat(authenticator.authenticate(null, null)).isEqualTo(Identity.anonymous());
    assertThat(authenticator.authenticate("Convex " + key, null)).isEqualTo(admin);
    assertThat(authenticator.authenticate("cOnVeX " + key, null)).isEqualTo(admin);
    assertThat(authenticator.authenticate("Convex prod:" + key, null)).isEqualTo(admin);
    assertThat(authenticator.authenticate(null, key)).isEqualTo(admin);
  }

  @Test
  void theHeaderCountsMoreThanTheParameter() {
    assertFails(() -> authenticator.authenticate("Convex nothing", key), "BadAdminKey", 401);
  }

  @Test
  void anAdministratorCanActAsAUser() {
    String attributes = "{\"subject\":\"sübject\",\"issuer\":\"https://convex.test\",\"team\":[1]}";
    String header = "Convex dev:" + key + ":" + base64(attributes);
    assertThat(authenticator.authenticate(header, null))
        .isEqualTo(
            new Identity.ActingUser(
                admin,
                new UserAttributes(
                    "https://convex.test|sübject",
                    "{\"issuer\":\"https://convex.test\",\"subject\":\"sübject\",\"team\":[1],"
                        + "\"tokenIdentifier\":\"https://convex.test|sübject\"}")));
  }

  @Test
  void aReadOnlyAdministratorCanNotActAsAUser() {
    String header =
        "Convex " + keys.issueReadOnlyKey() + ":" + base64("{\"tokenIdentifier\":\"a\"}");
    assertFails(() -> authenticator.authenticate(header, null), "OperationNotPermitted", 403);
    assertThatThrownBy(() -> authenticator.authenticate(header, null))
        .hasMessage(
            "You do not have permission to perform this operation"
                + " (deployment:functions:actAsUser).");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "Convex; InvalidHeaderFailure; 400",
        "x; InvalidHeaderFailure; 400",
        "Basic dXNlcjpwYXNz; InvalidAdminKey; 400",
        "'Bearer  '; InvalidAdminKey; 400",
        "Bearer a.b.c; NoAuthProvider; 401",
        "bearer a.b.c; NoAuthProvider; 401",
        "'Convex  '; BadAdminKey; 401",
        "Convex happy-otter-1|00; BadAdminKey; 401",
        "Convex KEY:%%%; HeaderParseFailure; 400",
        "Convex KEY:bm90IGpzb24=; HeaderParseFailure; 400",
        "Convex KEY:W10=; InvalidIdentity; 400",
        "Convex KEY:e30=; InvalidIdentity; 400",
      })
  void refusesWhatItCanNotUse(String header, String code, int status) {
    assertFails(() -> authenticator.authenticate(header.replace("KEY", key), null), code, status);
  }

  @Test
  void administrativeEndpointsAnswer403() {
    assertFails(() -> authenticator.requireAdmin(null, null, null), "BadDeployKey", 403);
    assertFails(() -> authenticator.requireAdmin("Bearer a.b.c", null, null), "BadDeployKey", 403);
    assertFails(() -> authenticator.requireAdmin("Convex x|y", null, null), "BadDeployKey", 403);
    assertFails(
        () -> authenticator.requireAdminKey(null, DeploymentOp.DEPLOY), "BadDeployKey", 403);
    assertFails(
        () -> authenticator.requireAdminKey(keys.issueReadOnlyKey(), DeploymentOp.DEPLOY),
        "OperationNotPermitted",
        403);
    assertThat(authenticator.requireAdminKey(key, DeploymentOp.DEPLOY)).isEqualTo(admin);
    assertThat(authenticator.requireAdmin("Convex " + key, null, DeploymentOp.DEPLOY))
        .isEqualTo(admin);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  private static void assertFails(ThrowingCallable call, String code, int status) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.errorClass().httpStatus()).isEqualTo(status);
            });
  }
}
