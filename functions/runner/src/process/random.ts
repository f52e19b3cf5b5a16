import { type Cipher, createCipheriv, createHash } from "node:crypto";

const BLOCK = Buffer.alloc(2048);
const IV = Buffer.alloc(16);

/** A deterministic stream of cryptographic quality: AES-256 in counter mode, keyed by the seed. */
export class SeededRandom {
  private cipher: Cipher | undefined;
  private block = BLOCK;
  private at = BLOCK.length;
  private children = 0;

  constructor(private readonly seed: Buffer) {}

  private take(count: number): number {
    if (this.at + count > this.block.length) {
      this.cipher ??= createCipheriv("aes-256-ctr", this.seed, IV);
      this.block = this.cipher.update(BLOCK);
      this.at = 0;
    }
    this.at += count;
    return this.at - count;
  }

  /** 53 random bits as a number in [0, 1). */
  double(): number {
    const at = this.take(8);
    const high = this.block.readUInt32LE(at) >>> 5;
    const low = this.block.readUInt32LE(at + 4) >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  bytes(length: number): Buffer {
    const out = Buffer.alloc(length);
    for (let i = 0; i < length; i += 1024) {
      const count = Math.min(1024, length - i);
      const at = this.take(count);
      this.block.copy(out, i, at, at + count);
    }
    return out;
  }

  uuid(): string {
    const bytes = this.bytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = bytes.toString("hex");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** The seed of the next nested call. */
  childSeed(): Buffer {
    this.children += 1;
    return createHash("sha256").update(this.seed).update(`nested ${this.children}`).digest();
  }
}
