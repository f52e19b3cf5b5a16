package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The deployment's name and the secret from which all its keys are derived (spec 50 §9.6). They
 * come from the configuration, or are made up on first start and kept in {@code
 * credentials/instance_name} and {@code credentials/instance_secret} of the data directory,
 * readable by the owner only.
 */
public final class InstanceCredentials {
  /** The name an instance gets that is given none. */
  public static final String DEFAULT_NAME = "convex-self-hosted";

  private static final Logger LOG = LoggerFactory.getLogger(InstanceCredentials.class);
  private static final int SECRET_LENGTH = 32;
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9_-]*[a-z0-9])?");

  private final String name;
  private final byte[] secret;

  private InstanceCredentials(String name, byte[] secret) {
    this.name = name;
    this.secret = secret;
  }

  /**
   * Credentials given by name.
   *
   * @param secretHex 64 hexadecimal digits
   * @throws FreshetException {@code InvalidConfig}
   */
  public static InstanceCredentials of(String name, String secretHex) {
    if (!NAME.matcher(name).matches()) {
      throw FreshetException.badRequest(
          "InvalidConfig",
          "The instance name \""
              + name
              + "\" must consist of lowercase letters, digits and hyphens.");
    }
    String digits = secretHex.strip().toLowerCase(Locale.ROOT);
    if (!digits.matches("[0-9a-f]{64}")) {
      // The text given is a secret and stays out of the message.
      throw FreshetException.badRequest(
          "InvalidConfig",
          "The instance secret must be 64 hexadecimal digits. Generate one with"
              + " `openssl rand -hex 32`.");
    }
    return new InstanceCredentials(name, HexFormat.of().parseHex(digits));
  }

  /**
   * The credentials of a data directory. What {@code name} and {@code secretHex} give counts and is
   * not stored; what they leave out is read from the directory, and made up and kept there first if
   * it is not there yet.
   *
   * @throws FreshetException {@code InvalidConfig}
   * @throws IOException if the directory cannot be read or written
   */
  public static InstanceCredentials open(
      Path dataDirectory, @Nullable String name, @Nullable String secretHex, RandomGenerator random)
      throws IOException {
    Path directory = dataDirectory.resolve("credentials");
    String usedName = name;
    if (usedName == null) {
      usedName = readOrCreate(directory, "instance_name", DEFAULT_NAME);
    }
    String usedSecret = secretHex;
    if (usedSecret == null) {
      byte[] fresh = new byte[SECRET_LENGTH];
      random.nextBytes(fresh);
      usedSecret = readOrCreate(directory, "instance_secret", HexFormat.of().formatHex(fresh));
    }
    return of(usedName, usedSecret);
  }

  private static String readOrCreate(Path directory, String file, String content)
      throws IOException {
    Path path = directory.resolve(file);
    if (!Files.exists(path)) {
      create(directory, path, content);
    }
    return Files.readString(path).strip();
  }

  /**
   * Creates a file unless there is one by then: several processes may start at once on a directory
   * that is new, and what the first one made counts for all. Complete and on disk before it gets
   * its name: keys are derived from it from now on.
   */
  private static void create(Path directory, Path path, String content) throws IOException {
    createPrivateDirectory(directory);
    Path draft = Files.createTempFile(directory, path.getFileName() + ".", ".new"); // 0600
    try {
      try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = UTF_8.encode(content + "\n");
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.createLink(path, draft);
    } catch (FileAlreadyExistsException e) {
      LOG.debug("Another process has made {}", path, e);
    } catch (UnsupportedOperationException | FileSystemException e) {
      LOG.debug("No links in {}", directory, e);
      Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static void createPrivateDirectory(Path directory) throws IOException {
    Path parent = requireNonNull(directory.getParent(), "directory has no parent");
    Files.createDirectories(parent);
    try {
      if (Files.getFileStore(parent).supportsFileAttributeView("posix")) {
        Files.createDirectory(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } else {
        Files.createDirectory(directory);
      }
    } catch (FileAlreadyExistsException e) {
      LOG.trace("The directory of the credentials exists", e);
    }
  }

  public String name() {
    return name;
  }

  /** The 32 bytes of the secret; not to be changed. */
  byte[] secret() {
    return secret;
  }
}
