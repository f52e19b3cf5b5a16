package dev.freshet.app;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** On whose behalf something runs (spec 50 §9.4). */
public sealed interface Identity {
  /** Nobody, without a failed token. */
  static Identity anonymous() {
    return new Unknown(null);
  }

  /** The server itself: may do everything. */
  record Internal() implements Identity {}

  /**
   * The holder of an admin key.
   *
   * @param name the instance the key was issued for; part of the query cache's key
   * @param allowedOps what the key permits, spelled out (never "empty means all")
   * @param readOnly whether data may not be written
   */
  record Admin(String name, Set<DeploymentOp> allowedOps, boolean readOnly) implements Identity {
    public Admin {
      allowedOps = Set.copyOf(allowedOps);
    }

    /** {@code allowedOps} as clients read them: an empty list says "everything". */
    public List<String> clientOps() {
      return allowedOps.containsAll(DeploymentOp.all())
          ? List.of()
          : Arrays.stream(DeploymentOp.values())
              .filter(allowedOps::contains)
              .map(DeploymentOp::clientName)
              .toList();
    }
  }

  /** An administrator whom functions see as the given user. */
  record ActingUser(Admin admin, UserAttributes user) implements Identity {}

  /** A user with a verified token. */
  record User(UserAttributes user) implements Identity {}

  /**
   * Nobody in particular.
   *
   * @param error why a token that was sent does not count, thrown when a function asks for the
   *     identity; null when none was sent
   */
  record Unknown(@Nullable FreshetException error) implements Identity {}

  /** Whether internal and system functions may be visible at all. */
  default boolean isAdmin() {
    return switch (this) {
      case Internal _, Admin _, ActingUser _ -> true;
      case User _, Unknown _ -> false;
    };
  }

  default boolean may(DeploymentOp op) {
    return switch (this) {
      case Internal _ -> true;
      case Admin admin -> admin.allowedOps().contains(op);
      case ActingUser acting -> acting.admin().allowedOps().contains(op);
      case User _, Unknown _ -> false;
    };
  }

  /** The user that functions see, if any. */
  default @Nullable UserAttributes userAttributes() {
    return switch (this) {
      case ActingUser acting -> acting.user();
      case User user -> user.user();
      case Internal _, Admin _, Unknown _ -> null;
    };
  }

  /**
   * Fails unless this is an administrator who may do {@code op}.
   *
   * @throws FreshetException 403, {@code BadDeployKey} or {@code OperationNotPermitted}
   */
  default void require(DeploymentOp op) {
    if (!isAdmin()) {
      throw KeyBroker.badDeployKey();
    }
    if (!may(op)) {
      throw new FreshetException(
          ErrorClass.FORBIDDEN,
          "OperationNotPermitted",
          "You do not have permission to perform this operation (" + op.action() + ").");
    }
  }

  /** Equal for identities that every function treats alike: part of the query cache's key. */
  default String cacheKey() {
    return switch (this) {
      case Internal _ -> "system";
      case Admin admin -> "admin:" + admin.name() + ":" + opsKey(admin);
      case ActingUser acting ->
          "acting:"
              + acting.admin().name()
              + ":"
              + opsKey(acting.admin())
              + ":"
              + acting.user().json();
      case User user -> "user:" + user.user().json();
      case Unknown unknown ->
          unknown.error() == null
              ? "unknown"
              : "unknown:" + unknown.error().code() + ":" + unknown.error().getMessage();
    };
  }

  private static String opsKey(Admin admin) {
    return admin.readOnly() + String.join(",", admin.clientOps());
  }
}
