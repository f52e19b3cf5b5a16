@NullMarked
package dev.freshet.values;

import org.jspecify.annotations.NullMarked;
