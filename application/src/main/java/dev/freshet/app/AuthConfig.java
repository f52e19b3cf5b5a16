package dev.freshet.app;

import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.values.FreshetException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The providers that {@code auth.config.ts} names (spec 50 §9.2). They are kept with each push;
 * tokens are verified against them once user authentication is built.
 */
final class AuthConfig {
  private static final Set<String> ALGORITHMS = Set.of("RS256", "ES256", "EdDSA");

  /** How the messages of {@code InvalidAuthConfig} start. */
  static final String INVALID = "The pushed auth config is invalid: ";

  private AuthConfig() {}

  /** A party whose tokens are accepted. */
  sealed interface Provider {
    /** {@code domain} is the issuer's URL. */
    record Oidc(String domain, String applicationId) implements Provider {}

    record CustomJwt(String issuer, String jwks, String algorithm, @Nullable String applicationId)
        implements Provider {}

    /** The form clients read, and that the table {@code _auth} stores but for the algorithm. */
    default ObjectNode toJson() {
      return switch (this) {
        case Oidc oidc ->
            Json.object().put("applicationID", oidc.applicationId()).put("domain", oidc.domain());
        case CustomJwt jwt ->
            Json.object()
                .put("type", "customJwt")
                .put("applicationID", jwt.applicationId())
                .put("issuer", jwt.issuer())
                .put("jwks", jwt.jwks())
                .put("algorithm", jwt.algorithm());
      };
    }
  }

  /**
   * Reads what {@code auth.config.js} exports by default.
   *
   * @throws FreshetException {@code InvalidAuthConfig}, {@code InvalidProviderDomainUrl} or {@code
   *     InsecureConfiguration}
   */
  static List<Provider> parse(String json) {
    JsonNode list = Json.parseStored(json).path("providers");
    if (!list.isArray()) {
      throw invalid("auth config file must include a list of provider credentials: \"providers\".");
    }
    List<Provider> providers = new ArrayList<>();
    for (JsonNode node : list) {
      providers.add(provider(node));
    }
    return List.copyOf(providers);
  }

  /** Reads one provider from the form of {@link Provider#toJson}. */
  static Provider provider(JsonNode node) {
    if (!node.isObject()) {
      throw invalid("a provider must be an object.");
    }
    if (node.has("applicationId")) {
      throw invalid("a provider has \"applicationId\"; it is spelled \"applicationID\".");
    }
    String type = node.path("type").asString("oidc");
    return switch (type) {
      case "oidc" -> oidc(node);
      case "customJwt" -> customJwt(node);
      default -> throw invalid("\"" + type + "\" is not a type of provider.");
    };
  }

  private static Provider oidc(JsonNode node) {
    if (node.has("issuer") && !node.has("domain")) {
      throw invalid("a provider of type \"oidc\" has a \"domain\" and not an \"issuer\".");
    }
    return new Provider.Oidc(url(text(node, "domain")), text(node, "applicationID"));
  }

  private static Provider customJwt(JsonNode node) {
    if (node.has("domain")) {
      throw invalid("a provider of type \"customJwt\" has an \"issuer\" and not a \"domain\".");
    }
    String algorithm = text(node, "algorithm");
    if (!ALGORITHMS.contains(algorithm)) {
      throw invalid("\"" + algorithm + "\" is not one of the algorithms RS256, ES256, EdDSA.");
    }
    JsonNode application = node.path("applicationID");
    String issuer = url(text(node, "issuer"));
    if (issuer.startsWith("https://api.workos.com") && !application.isString()) {
      throw FreshetException.badRequest(
          "InsecureConfiguration",
          "The provider with issuer "
              + issuer
              + " needs an applicationID: its tokens are shared by many applications.");
    }
    return new Provider.CustomJwt(
        issuer,
        text(node, "jwks"),
        algorithm,
        application.isString() ? application.stringValue() : null);
  }

  private static String url(String text) {
    String url = text.contains("://") ? text : "https://" + text;
    try {
      URI uri = new URI(url);
      boolean web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
      if (web && uri.getHost() != null) {
        return url;
      }
    } catch (URISyntaxException e) {
      // falls through to the refusal
    }
    throw FreshetException.badRequest(
        "InvalidProviderDomainUrl", "The provider's address \"" + text + "\" is not a web URL.");
  }

  private static String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (!value.isString()) {
      throw invalid("a provider needs a string \"" + field + "\".");
    }
    return value.stringValue();
  }

  /** What replacing the stored providers changed, each as JSON text. */
  record Diff(List<String> added, List<String> removed) {}

  /** Makes these the deployment's providers; rows of those that stay are left alone. */
  static Diff store(Transaction transaction, List<Provider> providers) {
    List<Provider> missing = new ArrayList<>(providers);
    List<String> removed = new ArrayList<>();
    for (Row<Provider> row : DeploymentTables.AUTH.all(transaction)) {
      if (!missing.remove(row.record())) {
        DeploymentTables.AUTH.delete(transaction, row.id());
        removed.add(Json.write(row.record().toJson()));
      }
    }
    List<String> added = new ArrayList<>();
    for (Provider provider : missing) {
      DeploymentTables.AUTH.insert(transaction, provider);
      added.add(Json.write(provider.toJson()));
    }
    return new Diff(added, removed);
  }

  private static FreshetException invalid(String reason) {
    return FreshetException.badRequest("InvalidAuthConfig", INVALID + reason);
  }
}
