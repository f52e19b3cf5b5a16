package dev.freshet.functions;

/**
 * What module top-level code sees as randomness and time; stored at push, the same for every call
 * of that deploy (spec 30 §6.1).
 *
 * @param seed 32 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // identity of the array is never compared
public record ImportPhase(byte[] seed, long unixMillis) {}
