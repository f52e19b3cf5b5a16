@NullMarked
package dev.freshet.storage;

import org.jspecify.annotations.NullMarked;
