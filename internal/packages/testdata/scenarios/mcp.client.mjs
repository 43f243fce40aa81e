import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { assert, done, url } from "../client.mjs";

const client = new Client({ name: "test", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
assert.deepEqual((await client.listTools()).tools.map(({ name }) => name), ["add"]);
assert.deepEqual((await client.callTool({ name: "add", arguments: { a: 20, b: 22 } })).content, [{ type: "text", text: "42" }]);
assert.equal((await client.callTool({ name: "add", arguments: { a: "x" } })).isError, true);
assert.equal((await client.readResource({ uri: "linger://rooms/lobby" })).contents[0].text, "hello");
done();
