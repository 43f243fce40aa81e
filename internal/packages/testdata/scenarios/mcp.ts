import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { z } from "zod";

export default {
  async fetch(request: Request) {
    const server = new McpServer({ name: "linger", version: "1.0.0" });
    server.registerTool("add", { description: "adds two numbers", inputSchema: { a: z.number(), b: z.number() } }, async ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }));
    server.registerResource("room", "linger://rooms/lobby", { title: "a room" }, async (uri) => ({ contents: [{ uri: uri.href, text: "hello" }] }));
    const transport = new WebStandardStreamableHTTPServerTransport({});
    await server.connect(transport);
    return transport.handleRequest(request);
  },
};
