export interface StreamEvent {
  kind: string;
  id: string;
  data: string;
}

/** Server-sent events out of text that comes in any pieces (WHATWG HTML 9.2.6). */
export class Lines {
  #rest = "";
  #kind = "";
  #id = "";
  #data: string[] = [];

  /** The events that are complete with this piece; one with an id and no data only moves the place. */
  take(piece: string): StreamEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    const events: StreamEvent[] = [];
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length || this.#id) events.push({ kind: this.#kind || "message", id: this.#id, data: this.#data.join("\n") });
        [this.#kind, this.#id, this.#data] = ["", "", []];
        continue;
      }
      const colon = line.indexOf(":");
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (name === "event") this.#kind = value;
      else if (name === "id") this.#id = value;
      else if (name === "data") this.#data.push(value);
    }
    return events;
  }
}
