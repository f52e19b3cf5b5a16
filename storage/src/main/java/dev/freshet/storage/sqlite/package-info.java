@NullMarked
package dev.freshet.storage.sqlite;

import org.jspecify.annotations.NullMarked;
