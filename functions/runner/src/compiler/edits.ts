interface Edit {
  start: number;
  end: number;
  text: string;
}

/** Text of a changed source, and how far its columns moved. */
export class Edits {
  private readonly list: Edit[] = [];

  constructor(readonly source: string) {}

  insert(at: number, text: string): void {
    this.list.push({ start: at, end: at, text });
  }

  /** Replaces text that has no line feed. */
  replace(start: number, end: number, text: string): void {
    this.list.push({ start, end, text });
  }

  /** Takes text out; its line feeds stay. */
  blank(start: number, end: number): void {
    for (let at = start; at < end; ) {
      const feed = this.source.indexOf("\n", at);
      const stop = feed < 0 || feed >= end ? end : feed;
      if (stop > at) {
        this.list.push({ start: at, end: stop, text: "" });
      }
      at = stop + 1;
    }
  }

  /** In the order of the source; insertions at one place in the order in which they were made, before a replacement there. */
  private sorted(): Edit[] {
    return this.list
      .map((edit, index) => ({ edit, index }))
      .sort((a, b) => a.edit.start - b.edit.start || a.edit.end - b.edit.end || a.index - b.index)
      .map(({ edit }) => edit);
  }

  text(): string {
    let text = "";
    let at = 0;
    for (const { start, end, text: replacement } of this.sorted()) {
      text += this.source.slice(at, start) + replacement;
      at = end;
    }
    return text + this.source.slice(at);
  }

  /**
   * For each line (from 0), the edits on it as pairs of original column and columns added from there on. Text inside a replacement
   * counts as its start.
   */
  shifts(): Map<number, Array<{ column: number; added: number }>> {
    const shifts = new Map<number, Array<{ column: number; added: number }>>();
    let line = 0;
    let lineStart = 0;
    for (const { start, end, text } of this.sorted()) {
      for (let feed = this.source.indexOf("\n", lineStart); feed >= 0 && feed < start; feed = this.source.indexOf("\n", lineStart)) {
        line += 1;
        lineStart = feed + 1;
      }
      const list = shifts.get(line) ?? [];
      const column = start - lineStart + (text.length >= end - start ? 0 : end - start);
      list.push({ column, added: text.length - (end - start) });
      shifts.set(line, list);
    }
    return shifts;
  }
}
