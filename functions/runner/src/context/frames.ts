function isLibrary(frame: string): boolean {
  return frame.includes("convex/src/server/impl");
}

/** Takes away the frames of the convex library around the user's own. */
export function trimLibrary(frames: string[]): string[] {
  while (frames.length > 0 && isLibrary(frames[0]!)) {
    frames.shift();
  }
  while (frames.length > 0 && isLibrary(frames[frames.length - 1]!)) {
    frames.pop();
  }
  return frames;
}
