package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Finds out on whose behalf a request comes (spec 10 §13, 50 §9.1). Thread-safe.
 *
 * <p>Users' tokens cannot be verified yet: every one is answered like a token that no configured
 * provider issued.
 */
public final class Authenticator {
  private static final String ADMIN_SCHEME = "convex ";
  private static final String USER_SCHEME = "bearer ";
  private static final int SCHEME_LENGTH = 7;

  private final KeyBroker keys;

  public Authenticator(KeyBroker keys) {
    this.keys = keys;
  }

  /**
   * The identity of an HTTP request.
   *
   * @param authorization the {@code Authorization} header
   * @param adminKeyParameter the query parameter {@code adminKey}, which counts without a header
   * @throws FreshetException 400 {@code InvalidHeaderFailure}, {@code InvalidAdminKey} or {@code
   *     HeaderParseFailure} for what cannot be read, 401 {@code BadAdminKey} or {@code
   *     NoAuthProvider} for what is not valid, 403 {@code OperationNotPermitted} for acting as a
   *     user without the right to
   */
  public Identity authenticate(@Nullable String authorization, @Nullable String adminKeyParameter) {
    if (authorization == null) {
      return adminKeyParameter == null
          ? Identity.anonymous()
          : authenticateAdmin(adminKeyParameter, null);
    }
    if (authorization.length() < SCHEME_LENGTH) {
      throw FreshetException.badRequest(
          "InvalidHeaderFailure", "The Authorization header is too short to hold a credential.");
    }
    String scheme = authorization.substring(0, SCHEME_LENGTH).toLowerCase(Locale.ROOT);
    String credential = authorization.substring(SCHEME_LENGTH).strip();
    return switch (scheme) {
      case ADMIN_SCHEME -> authenticateAdminHeader(credential);
      case USER_SCHEME -> {
        if (credential.isEmpty()) {
          throw unknownScheme();
        }
        yield authenticateUser(credential);
      }
      default -> throw unknownScheme();
    };
  }

  /**
   * The identity of an administrator, for the WebSocket's {@code Authenticate} message.
   *
   * @param actingAs the identity that functions are to see, as JSON; null for none
   * @throws FreshetException 401 {@code BadAdminKey}, 403 {@code OperationNotPermitted}, 400 {@code
   *     InvalidIdentity}
   */
  public Identity authenticateAdmin(String adminKey, @Nullable JsonNode actingAs) {
    Identity identity = keys.checkAdminKey(adminKey);
    if (actingAs == null || actingAs.isNull()) {
      return identity;
    }
    identity.require(DeploymentOp.ACT_AS_USER);
    UserAttributes user = UserAttributes.fromActingAs(actingAs);
    Identity.Admin admin =
        identity instanceof Identity.Admin holder
            ? holder
            : new Identity.Admin(keys.instanceName(), DeploymentOp.all(), false);
    return new Identity.ActingUser(admin, user);
  }

  /**
   * The identity behind a user's token.
   *
   * @throws FreshetException 401 {@code NoAuthProvider}
   */
  @SuppressWarnings("DoNotCallSuggester") // verifies tokens once authentication providers exist
  public Identity authenticateUser(String token) {
    throw new FreshetException(
        ErrorClass.UNAUTHENTICATED,
        "NoAuthProvider",
        "No auth provider found matching the given token (no providers configured). Check"
            + " convex/auth.config.ts.");
  }

  /**
   * The administrator whose key came in the body of a push request.
   *
   * @throws FreshetException 403 {@code BadDeployKey} or {@code OperationNotPermitted}
   */
  public Identity requireAdminKey(@Nullable String adminKey, DeploymentOp op) {
    Identity identity;
    try {
      identity = adminKey == null ? Identity.anonymous() : keys.checkAdminKey(adminKey);
    } catch (FreshetException e) {
      throw KeyBroker.badDeployKey();
    }
    identity.require(op);
    return identity;
  }

  /**
   * The administrator of a request to an endpoint that is for administrators only. A key that is
   * not valid is 403 here, because the dashboard takes 401 for a logout (spec 60 §1.5).
   *
   * @param op what the endpoint needs; null if any administrator may use it
   * @throws FreshetException 403 {@code BadDeployKey} or {@code OperationNotPermitted}; 400 as in
   *     {@link #authenticate}
   */
  public Identity requireAdmin(
      @Nullable String authorization,
      @Nullable String adminKeyParameter,
      @Nullable DeploymentOp op) {
    Identity identity;
    try {
      identity = authenticate(authorization, adminKeyParameter);
    } catch (FreshetException e) {
      if (e.errorClass() == ErrorClass.UNAUTHENTICATED) {
        throw KeyBroker.badDeployKey();
      }
      throw e;
    }
    if (!identity.isAdmin()) {
      throw KeyBroker.badDeployKey();
    }
    if (op != null) {
      identity.require(op);
    }
    return identity;
  }

  /** {@code key} or {@code key:base64(JSON identity)}. */
  private Identity authenticateAdminHeader(String credential) {
    String key = KeyBroker.stripKeyType(credential);
    int colon = key.indexOf(':');
    if (colon < 0) {
      return authenticateAdmin(key, null);
    }
    JsonNode actingAs;
    try {
      byte[] text = Base64.getDecoder().decode(key.substring(colon + 1));
      actingAs = Json.parse(new String(text, UTF_8), "HeaderParseFailure");
    } catch (IllegalArgumentException e) {
      throw FreshetException.badRequest(
          "HeaderParseFailure", "The identity to act as is not base64.");
    }
    return authenticateAdmin(key.substring(0, colon), actingAs);
  }

  private static FreshetException unknownScheme() {
    return FreshetException.badRequest(
        "InvalidAdminKey",
        "The Authorization header must start with \"Convex \" and an admin key or \"Bearer \" and a"
            + " token.");
  }
}
