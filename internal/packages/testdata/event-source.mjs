// A small EventSource, which Node 20 does not have.
export class EventSource extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSED = 2;
  CONNECTING = 0;
  OPEN = 1;
  CLOSED = 2;
  readyState = 0;
  #controller = new AbortController();

  constructor(url) {
    super();
    this.url = url;
    this.#read(url).catch(() => this.close());
  }

  async #read(url) {
    const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal: this.#controller.signal });
    this.readyState = 1;
    this.#dispatch(new Event("open"));
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      const parts = (text + decoder.decode(chunk, { stream: true })).split("\n\n");
      text = parts.pop();
      for (const part of parts) this.#deliver(part);
    }
    this.readyState = 2;
    this.#dispatch(new Event("error"));
  }

  #deliver(part) {
    const fields = { event: "message", data: [], id: "" };
    for (const line of part.split("\n")) {
      const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
      name === "data" ? fields.data.push(value) : (fields[name] = value);
    }
    if (fields.data.length) this.#dispatch(new MessageEvent(fields.event, { data: fields.data.join("\n"), lastEventId: fields.id }));
  }

  #dispatch(event) {
    this[`on${event.type}`]?.(event);
    this.dispatchEvent(event);
  }

  close() {
    this.readyState = 2;
    this.#controller.abort();
  }
}
