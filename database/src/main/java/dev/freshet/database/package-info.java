@NullMarked
package dev.freshet.database;

import org.jspecify.annotations.NullMarked;
