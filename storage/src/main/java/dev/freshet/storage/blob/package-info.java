@NullMarked
package dev.freshet.storage.blob;

import org.jspecify.annotations.NullMarked;
