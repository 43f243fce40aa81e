/** @jsxImportSource hono/jsx */
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { upgradeWebSocket } from "hono/cloudflare-workers";
import { compress } from "hono/compress";
import { contextStorage, getContext } from "hono/context-storage";
import { getCookie, getSignedCookie, setCookie, setSignedCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { csrf } from "hono/csrf";
import { css, Style } from "hono/css";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { Suspense } from "hono/jsx";
import { renderToReadableStream } from "hono/jsx/streaming";
import { jwt, sign } from "hono/jwt";
import { logger } from "hono/logger";
import { prettyJSON } from "hono/pretty-json";
import { proxy } from "hono/proxy";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { stream, streamSSE, streamText } from "hono/streaming";
import { timeout } from "hono/timeout";
import { timing } from "hono/timing";
import { z } from "zod";

const app = new Hono<{ Bindings: { SECRET: string } }>();
app.use("/cors/*", cors({ origin: ["https://example.com"], allowMethods: ["PUT"], credentials: true }));
app.get("/cors/text", (c) => c.text("ok"));
app.get("/cors/json", (c) => c.json({ ok: true }));

app.get("/users/:id{[0-9]+}/:rest{.+}", (c) => c.json([c.req.param("id"), c.req.param("rest"), c.req.query("q"), c.req.queries("t")]));
app.route("/nested", new Hono().basePath("/v1").get("/hello", (c) => c.text(c.req.path)));
app.get("/env", (c) => c.text(c.env.SECRET));
app.get("/fails", () => { throw new HTTPException(418, { message: "teapot" }); });
app.get("/logged", logger(), requestId(), timing(), prettyJSON(), (c) => c.json({ id: c.get("requestId").length }));
app.get("/slow", timeout(20), async (c) => { await new Promise((done) => setTimeout(done, 10_000)); return c.text("late"); });
app.get("/storage", contextStorage(), async (c) => { await null; return c.text(getContext<any>().req.path); });

app.post("/limit", bodyLimit({ maxSize: 5 }), async (c) => c.text(`took ${await c.req.text()}`));
app.get("/bearer", bearerAuth({ token: "t" }), (c) => c.text("in"));
app.get("/basic", basicAuth({ username: "ann", password: "secret" }), (c) => c.text("in"));
app.get("/token/:alg", async (c) => c.text(await sign({ sub: "ann", exp: Math.floor(Date.now() / 1000) + 60 }, c.env.SECRET, c.req.param("alg") as any)));
app.get("/jwt/:alg", (c, next) => jwt({ secret: c.env.SECRET, alg: c.req.param("alg") as any })(c, next), (c) => c.json((c.get("jwtPayload") as { sub: string }).sub));
app.post("/csrf", csrf(), (c) => c.text("ok"));

app.use("/header", async (c, next) => {
  await next();
  c.header("x-after", "1");
});
app.get("/header", (c) => c.text("whole"));
app.get("/etag", etag(), secureHeaders(), (c) => c.text("tagged"));
app.get("/compress", compress(), (c) => c.text("a".repeat(5000)));
app.get("/cookie", async (c) => {
  setCookie(c, "plain", "a b", { httpOnly: true, sameSite: "Lax" });
  await setSignedCookie(c, "signed", "ann", c.env.SECRET);
  return c.json([getCookie(c, "plain") ?? null, (await getSignedCookie(c, c.env.SECRET, "signed")) ?? null]);
});

app.post("/form", async (c) => c.json(await c.req.parseBody()));
app.post("/upload", async (c) => {
  const { file, name } = await c.req.parseBody();
  return c.json([name, (file as File).name, (file as File).type, await (file as File).text()]);
});
app.post("/zod", zValidator("json", z.object({ age: z.number() })), (c) => c.json(c.req.valid("json").age + 1));
app.post("/relay", (c) => c.body(c.req.raw.body!));
app.get("/proxy", (c) => proxy(new URL("/header", c.req.url)));

app.get("/stream", (c) => stream(c, async (out) => {
  await out.write(new Uint8Array([104, 105]));
  await out.pipe(new Response(" there").body!);
}));
app.get("/text", (c) => streamText(c, async (out) => {
  for (const word of ["one", "two"]) {
    await out.writeln(word);
    await out.sleep(1);
  }
}));
const ended = new BroadcastChannel("ended");
app.get("/events", (c) => streamSSE(c, async (out) => {
  let open = true;
  out.onAbort(() => { open = false; ended.postMessage("the client has gone"); });
  for (let id = 0; open; id++) {
    await out.writeSSE({ data: `message ${id}`, event: "tick", id: String(id) });
    await out.sleep(1);
  }
}));

const Later = async () => <b>{await Promise.resolve("later")}</b>;
app.get("/jsx", (c) => c.html(<html><head><Style /></head><body class={css`color: red;`}>{["a", "<b>"].map((text) => <li>{text}</li>)}</body></html>));
app.get("/suspense", (c) => c.body(renderToReadableStream(<Suspense fallback={<i>wait</i>}><Later /></Suspense>)));

app.get("/ws", upgradeWebSocket(() => ({
  onMessage: (event, ws) => ws.send(`hello ${event.data}`),
  onClose: (event) => ended.postMessage(`closed ${event.code}`),
})));
addEventListener("websocketupgrade", (event) => {
  if (new URL(event.request.url).pathname === "/ended") event.accept().subscribe("ended");
});

app.notFound((c) => c.text("nothing here", 404));
app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text(`${error.name}: ${error.message}`, 500)));

export default app;
