package dev.freshet.app;

import dev.freshet.values.FreshetException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Deploys apps (spec 20 §4-14). Every method takes the body of its endpoint, checks the admin key
 * in it, and returns the body of the answer. All block; thread-safe.
 */
public final class PushService {
  private final Authenticator authenticator;

  PushService(Authenticator authenticator) {
    this.authenticator = authenticator;
  }

  /** {@code POST /api/get_config_hashes}. */
  public ObjectNode configHashes(JsonNode body) {
    throw notYet(body);
  }

  /** {@code POST /api/deploy2/start_push}. */
  public ObjectNode startPush(JsonNode body) {
    throw notYet(body);
  }

  /** {@code POST /api/deploy2/evaluate_push}. */
  public ObjectNode evaluatePush(JsonNode body) {
    throw notYet(body);
  }

  /** {@code POST /api/deploy2/evaluate_schema}. */
  public ObjectNode evaluateSchema(JsonNode body) {
    throw notYet(body);
  }

  /** {@code POST /api/deploy2/wait_for_schema}: waits for news, as long as the body says. */
  public ObjectNode waitForSchema(JsonNode body) {
    throw notYet(body);
  }

  /** {@code POST /api/deploy2/finish_push}. */
  public ObjectNode finishPush(JsonNode body) {
    throw notYet(body);
  }

  /** {@code POST /api/deploy2/report_push_completed}. */
  public JsonNode reportPushCompleted(JsonNode body) {
    throw notYet(body);
  }

  private FreshetException notYet(JsonNode body) {
    authenticator.requireAdminKey(body.path("adminKey").asString(""), DeploymentOp.DEPLOY);
    return FreshetException.notYetAvailable("Pushing");
  }
}
