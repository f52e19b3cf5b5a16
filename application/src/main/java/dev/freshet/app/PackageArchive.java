package dev.freshet.app;

import dev.freshet.values.FreshetException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A folder of installed packages as one compressed blob: the files with their right to be executed,
 * and those symbolic links that stay inside. Entries come in the order of their names, so that
 * equal folders make equal archives.
 */
final class PackageArchive {
  private static final int FORMAT = 1;
  private static final int END = 0;
  private static final int FILE = 1;
  private static final int EXECUTABLE = 2;
  private static final int LINK = 3;

  /**
   * @param size bytes of all files
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Packed(byte[] content, long size) {}

  private PackageArchive() {}

  /** The bytes of all files in a folder. */
  static long size(Path folder) throws IOException {
    long size = 0;
    for (Path file : files(folder)) {
      size += Files.isSymbolicLink(file) ? 0 : Files.size(file);
    }
    return size;
  }

  static Packed pack(Path folder) throws IOException {
    long size = 0;
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION);
    try (DataOutputStream out =
        new DataOutputStream(new DeflaterOutputStream(packed, deflater, 1 << 16))) {
      out.writeInt(FORMAT);
      for (Path file : files(folder)) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        if (Files.isSymbolicLink(file)) {
          Path target = Files.readSymbolicLink(file);
          if (isInside(folder, file, target)) {
            out.writeByte(LINK);
            out.writeUTF(name);
            out.writeUTF(target.toString());
          }
        } else {
          long length = Files.size(file);
          out.writeByte(Files.isExecutable(file) ? EXECUTABLE : FILE);
          out.writeUTF(name);
          out.writeLong(length);
          Files.copy(file, out);
          size += length;
        }
      }
      out.writeByte(END);
    } finally {
      deflater.end();
    }
    return new Packed(packed.toByteArray(), size);
  }

  private static List<Path> files(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            files.add(file);
            return FileVisitResult.CONTINUE;
          }
        });
    files.sort(null);
    return files;
  }

  private static boolean isInside(Path folder, Path link, Path target) {
    Path parent = link.toAbsolutePath().normalize().getParent();
    return !target.isAbsolute()
        && parent != null
        && parent.resolve(target).normalize().startsWith(folder.toAbsolutePath().normalize());
  }

  /** Writes the files of an archive into a folder that is new. */
  static void unpack(byte[] content, Path folder) throws IOException {
    Files.createDirectories(folder);
    try (DataInputStream in =
        new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(content)))) {
      if (in.readInt() != FORMAT) {
        throw FreshetException.internal("An archive of packages has an unknown format", null);
      }
      for (int kind = in.readByte(); kind != END; kind = in.readByte()) {
        Path file = folder.resolve(in.readUTF()).normalize();
        if (!file.startsWith(folder)) {
          throw FreshetException.internal("An archive of packages leads out of its folder", null);
        }
        Files.createDirectories(file.resolveSibling(""));
        if (kind == LINK) {
          Files.createSymbolicLink(file, Path.of(in.readUTF()));
        } else {
          write(file, in, in.readLong());
          if (kind == EXECUTABLE && !file.toFile().setExecutable(true)) {
            throw new IOException(file + " can't be made executable");
          }
        }
      }
    }
  }

  private static void write(Path file, InputStream in, long length) throws IOException {
    try (var out = Files.newOutputStream(file)) {
      byte[] buffer = new byte[1 << 16];
      long left = length;
      while (left > 0) {
        int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (read < 0) {
          throw new IOException("an archive of packages is incomplete");
        }
        out.write(buffer, 0, read);
        left -= read;
      }
    }
  }

  /** Removes a folder and all in it. */
  static void remove(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
