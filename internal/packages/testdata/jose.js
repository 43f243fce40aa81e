import { createLocalJWKSet, importSPKI, jwtVerify, SignJWT } from "jose";

const secret = new TextEncoder().encode("a secret that is long enough for 256 bits");

// The token is a second subprotocol, because browsers cannot send it in another field.
addEventListener("websocketupgrade", async (event) => {
  const [protocol, token] = event.request.headers.get("sec-websocket-protocol").split(", ");
  try {
    const { payload } = await jwtVerify(token, await keyOf(token));
    event.accept({ protocol, data: payload }).send(`welcome ${payload.sub}`);
  } catch (error) {
    event.respondWith(new Response(error.code ?? String(error), { status: 401 }));
  }
});

addEventListener("fetch", (event) => {
  const token = new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject("ann").setExpirationTime("1h").sign(secret);
  event.respondWith(token.then((text) => new Response(text)));
});

function keyOf(token) {
  const { alg, kid } = JSON.parse(atob(token.split(".")[0].replaceAll("-", "+").replaceAll("_", "/")));
  if (alg === "HS256") return secret;
  return kid ? createLocalJWKSet(JSON.parse(env.JWKS)) : importSPKI(env[alg], alg);
}
