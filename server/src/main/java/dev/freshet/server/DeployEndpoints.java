package dev.freshet.server;

import dev.freshet.app.Application;
import tools.jackson.databind.JsonNode;

/** Push (spec 20 §4-§13). The key of these requests comes in their bodies. */
final class DeployEndpoints {
  private final Application application;

  DeployEndpoints(Application application) {
    this.application = application;
  }

  Reply configHashes(Exchange exchange) {
    return answer(application.push().configHashes(AdminJson.body(exchange)));
  }

  Reply startPush(Exchange exchange) {
    return answer(application.push().startPush(AdminJson.body(exchange)));
  }

  Reply evaluatePush(Exchange exchange) {
    return answer(application.push().evaluatePush(AdminJson.body(exchange)));
  }

  Reply evaluateSchema(Exchange exchange) {
    return answer(application.push().evaluateSchema(AdminJson.body(exchange)));
  }

  Reply waitForSchema(Exchange exchange) {
    return answer(application.push().waitForSchema(AdminJson.body(exchange)));
  }

  Reply finishPush(Exchange exchange) {
    return answer(application.push().finishPush(AdminJson.body(exchange)));
  }

  Reply reportPushCompleted(Exchange exchange) {
    return answer(application.push().reportPushCompleted(AdminJson.body(exchange)));
  }

  private static Reply answer(JsonNode json) {
    return Reply.json(AdminJson.write(json));
  }
}
