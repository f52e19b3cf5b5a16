import { randomBytes, randomUUID } from "node:crypto";
import { SeededRandom } from "../process/random.js";

/** Randomness of actions: nobody has to be able to repeat it. */
export class TrueRandom extends SeededRandom {
  override bytes(length: number): Buffer {
    return randomBytes(length);
  }

  override uuid(): string {
    return randomUUID();
  }
}
