const ERROR = 1;

export interface LogLimits {
  lines: number;
  lineBytes: number;
}

/** Console lines, sent as they are written, so that they outlive a call that has to be killed (spec 30 §10). */
export class Logs {
  private parts: string[] = [];
  private lines = 0;

  constructor(
    public limits: LogLimits,
    private readonly emit: (level: number, truncated: boolean, parts: string[]) => void,
  ) {}

  /** A new top-level call: nested calls count as their caller's. */
  reset(): void {
    this.lines = 0;
    this.parts = [];
  }

  part(text: string): void {
    this.parts.push(text);
  }

  end(level: number): void {
    const parts = this.parts;
    this.parts = [];
    this.lines += 1;
    if (this.lines < this.limits.lines) {
      this.write(level, parts);
    } else if (this.lines === this.limits.lines) {
      this.write(ERROR, [`Log overflow (maximum ${this.limits.lines}). Remaining log lines omitted.`]);
    }
  }

  private write(level: number, parts: string[]): void {
    const kept = this.truncate(parts);
    this.emit(level, kept !== parts, kept);
  }

  private truncate(parts: string[]): string[] {
    let total = -1;
    for (const part of parts) {
      total += Buffer.byteLength(part, "utf8") + 1;
    }
    if (total <= this.limits.lineBytes) {
      return parts;
    }
    const kept: string[] = [];
    let room = this.limits.lineBytes;
    for (const part of parts) {
      const text = cutUtf8(part, room);
      kept.push(text);
      if (text !== part) {
        break;
      }
      room -= Buffer.byteLength(part, "utf8") + 1;
      if (room <= 0) {
        break;
      }
    }
    return kept;
  }
}

/** The text, cut to that many bytes between two characters. */
export function cutUtf8(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) {
    return text;
  }
  const encoded = Buffer.from(text, "utf8");
  if (encoded.length <= bytes) {
    return text;
  }
  let end = bytes;
  while (end > 0 && (encoded[end]! & 0xc0) === 0x80) {
    end -= 1;
  }
  return encoded.toString("utf8", 0, end);
}
