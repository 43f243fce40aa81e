import { routePartykitRequest, type Connection, type ConnectionContext } from "partyserver";
import { YServer } from "y-partyserver";
import * as Y from "yjs";

interface Env { Document: DurableObjectNamespace<Document> }

/** A document that is stored, and that sleeps while its editors stay connected. */
export class Document extends YServer {
  static options = { hibernate: true };
  static callbackOptions = { debounceWait: 20, debounceMaxWait: 100 };
  starts = 0;

  async onStart() {
    this.starts = ((await this.ctx.storage.get<number>("starts")) ?? 0) + 1;
    await this.ctx.storage.put("starts", this.starts);
    await super.onStart();
  }

  async onLoad() {
    const stored = await this.ctx.storage.get<Uint8Array>("document");
    if (stored) Y.applyUpdate(this.document, stored);
  }

  async onSave() {
    await this.ctx.storage.put("document", Y.encodeStateAsUpdate(this.document));
  }

  onConnect(connection: Connection<{ readOnly: boolean }>, context: ConnectionContext) {
    connection.setState({ readOnly: new URL(context.request.url).searchParams.has("read") });
    super.onConnect(connection, context);
  }

  isReadOnly(connection: Connection<{ readOnly: boolean }>) {
    return connection.state!.readOnly;
  }

  onCustomMessage(connection: Connection, message: string) {
    if (message === "starts") this.sendCustomMessage(connection, `starts ${this.starts}`);
    else this.broadcastCustomMessage(message, connection);
  }

  async onRequest() {
    const stored = new Y.Doc();
    Y.applyUpdate(stored, (await this.ctx.storage.get<Uint8Array>("document"))!);
    return new Response(stored.getText("text").toString());
  }
}

export default {
  async fetch(request: Request, env: Env) {
    return (await routePartykitRequest(request, env)) ?? new Response("no such page", { status: 404 });
  },
} satisfies ExportedHandler<Env>;
