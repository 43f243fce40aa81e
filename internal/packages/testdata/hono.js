import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { upgradeWebSocket } from "hono/cloudflare-workers";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { jwt } from "hono/jwt";
import { secureHeaders } from "hono/secure-headers";

const app = new Hono();
app.use("/cors/*", cors());
app.get("/cors/text", (c) => c.text("ok"));
app.get("/cors/json", (c) => c.json({ ok: true }));

app.post("/limit", bodyLimit({ maxSize: 5 }), async (c) => c.text(`took ${await c.req.text()}`));

app.get("/bearer", bearerAuth({ token: "t" }), (c) => c.text("in"));
app.get("/basic", basicAuth({ username: "ann", password: "secret" }), (c) => c.text("in"));
app.get("/jwt", jwt({ secret: "secret", alg: "HS256" }), (c) => c.json(c.get("jwtPayload")));

app.use("/header", async (c, next) => {
  await next();
  c.header("x-after", "1");
});
app.get("/header", (c) => c.text("whole"));
app.get("/etag", etag(), secureHeaders(), (c) => c.text("tagged"));
app.get("/compress", compress(), (c) => c.text("a".repeat(5000)));

app.post("/form", async (c) => c.json(Object.fromEntries(new URLSearchParams(await c.req.text()))));
app.post("/relay", (c) => c.body(c.req.raw.body));
app.get("/ws", upgradeWebSocket(() => ({ onMessage: (event, ws) => ws.send(`hello ${event.data}`) })));
app.onError((error, c) => error.getResponse?.() ?? c.text(`${error.name}: ${error.message}`, 500));

export default app;
