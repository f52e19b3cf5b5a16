package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.security.MessageDigest;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Issues and checks what the instance secret vouches for: admin keys and the cursors of pagination
 * (spec 50 §9.6, decision 7). Keys never expire; another secret makes all of them void. Thread-safe
 * if the random generator is.
 */
public final class KeyBroker {
  private static final int ADMIN_KEY_VERSION = 1;

  // Fields of the admin key message.
  private static final int INSTANCE_NAME = 1;
  private static final int ISSUED_SECONDS = 2;
  private static final int MEMBER_ID = 3;
  private static final int SYSTEM = 4;
  private static final int READ_ONLY = 5;

  private final String instanceName;
  private final TokenCipher adminKeys;
  private final CursorCodec cursors;
  private final Clock clock;

  /**
   * @param random where nonces come from: a secure generator in production
   */
  public KeyBroker(InstanceCredentials credentials, Clock clock, RandomGenerator random) {
    this.instanceName = credentials.name();
    this.clock = clock;
    byte[] secret = credentials.secret();
    this.adminKeys = TokenCipher.randomized(secret, "admin key", ADMIN_KEY_VERSION, random);
    this.cursors = new CursorCodec(instanceName, secret, random);
  }

  public String instanceName() {
    return instanceName;
  }

  public CursorCodec cursors() {
    return cursors;
  }

  /** A new key with all rights, {@code name|hex}. */
  public String issueAdminKey() {
    return issue(new ProtoWriter().varint(ISSUED_SECONDS, nowSeconds()).varint(MEMBER_ID, 0));
  }

  /** A new key that can look and not touch. */
  public String issueReadOnlyKey() {
    return issue(
        new ProtoWriter()
            .varint(ISSUED_SECONDS, nowSeconds())
            .varint(MEMBER_ID, 0)
            .varint(READ_ONLY, 1));
  }

  /** A new key that stands for the server itself. */
  public String issueSystemKey() {
    return issue(new ProtoWriter().varint(ISSUED_SECONDS, nowSeconds()).bytes(SYSTEM, new byte[0]));
  }

  private String issue(ProtoWriter message) {
    return instanceName + "|" + adminKeys.seal(message.toByteArray());
  }

  private long nowSeconds() {
    return Math.floorDiv(clock.unixMillis(), 1000L);
  }

  /**
   * Who holds the key: {@link Identity.Admin} or {@link Identity.Internal}.
   *
   * @param key {@code [type:]instance|hex}, {@code preview:…|hex}, {@code project:…|hex}, or the
   *     hex alone if it carries the instance's name inside
   * @throws FreshetException 401 {@code BadAdminKey} if this instance did not issue the key
   */
  public Identity checkAdminKey(String key) {
    Identity identity = read(key);
    if (identity == null) {
      throw badAdminKey();
    }
    return identity;
  }

  static FreshetException badAdminKey() {
    return new FreshetException(
        ErrorClass.UNAUTHENTICATED,
        "BadAdminKey",
        "The provided admin key was invalid for this instance");
  }

  /** For endpoints that nobody but an administrator may use. */
  static FreshetException badDeployKey() {
    return new FreshetException(
        ErrorClass.FORBIDDEN,
        "BadDeployKey",
        "The provided deploy key was invalid for this deployment. Double check that the key you"
            + " use belongs to it.");
  }

  private @Nullable Identity read(String key) {
    String stripped = stripKeyType(key);
    int bar = stripped.indexOf('|');
    String name = bar < 0 ? null : stripped.substring(0, bar);
    String token = stripped.substring(bar + 1);
    byte[] message = adminKeys.open(token);
    if (message == null) {
      message = adminKeys.openLegacy(token);
    }
    if (message == null || (name != null && !isInstanceName(name))) {
      return null;
    }
    try {
      return readMessage(message, name != null);
    } catch (ProtoReader.MalformedException e) {
      return null; // ours by its tag, but not a key that this version knows
    }
  }

  private @Nullable Identity readMessage(byte[] message, boolean named)
      throws ProtoReader.MalformedException {
    ProtoReader reader = new ProtoReader(message);
    boolean hasName = named;
    boolean system = false;
    boolean member = false;
    boolean readOnly = false;
    for (int field = reader.next(); field != 0; field = reader.next()) {
      switch (field) {
        case INSTANCE_NAME -> {
          if (!isInstanceName(new String(reader.bytes(), UTF_8))) {
            return null;
          }
          hasName = true;
        }
        case MEMBER_ID -> {
          reader.varint();
          member = true;
        }
        case SYSTEM -> {
          reader.skip();
          system = true;
        }
        case READ_ONLY -> readOnly = reader.varint() != 0;
        default -> reader.skip();
      }
    }
    if (!hasName || member == system) {
      return null;
    }
    return system
        ? new Identity.Internal()
        : new Identity.Admin(
            instanceName, readOnly ? DeploymentOp.readOnly() : DeploymentOp.all(), readOnly);
  }

  private boolean isInstanceName(String name) {
    return MessageDigest.isEqual(name.getBytes(UTF_8), instanceName.getBytes(UTF_8));
  }

  /**
   * Takes the deployment type off a key: {@code prod:name|hex} becomes {@code name|hex}, and of
   * {@code preview:…|hex} and {@code project:…|hex} only {@code hex} stays.
   */
  static String stripKeyType(String key) {
    int bar = key.indexOf('|');
    int colon = bar < 0 ? -1 : key.lastIndexOf(':', bar);
    if (colon < 0) {
      return key;
    }
    String type = key.substring(0, key.indexOf(':'));
    return type.equals("preview") || type.equals("project")
        ? key.substring(bar + 1)
        : key.substring(colon + 1);
  }
}
