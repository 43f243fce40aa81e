// Sessions: a signed token in a cookie, which a browser sends with requests and with the upgrade to a WebSocket alike.
import { jwtVerify, SignJWT } from "jose";
import { env } from "linger";
import { z } from "zod";
import type { Account } from "./accounts";

if (String(env.SESSION_SECRET ?? "").length < 16) throw new Error("SESSION_SECRET has to have at least 16 characters");
const secret = new TextEncoder().encode(String(env.SESSION_SECRET));
const seconds = 12 * 60 * 60;

// The claims of a token that sessionOf reads.
const Claims = z.object({ sub: z.coerce.number(), name: z.string(), exp: z.number() });

export interface Session { account: Account; expires: number } // in milliseconds, as Date.now

/** Returns the value of Set-Cookie that begins a session. */
export async function begin({ id, name }: Account) {
  const token = await new SignJWT({ name }).setProtectedHeader({ alg: "HS256" }).setSubject(String(id)).setExpirationTime(`${seconds} s`).sign(secret);
  return cookie(token, seconds);
}

/** The value of Set-Cookie that ends a session. */
export const end = cookie("", 0);

// With SameSite=Strict a page of another site can neither post a form nor open a WebSocket with the cookie.
function cookie(token: string, maxAge: number) {
  return `session=${token}; Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Strict`;
}

/** Returns the session that a request belongs to, or undefined if it has no token, or one that is not valid any more. */
export async function sessionOf(request: Request): Promise<Session | undefined> {
  const [, token] = /(?:^|;\s*)session=([^;]+)/.exec(request.headers.get("cookie") ?? "") ?? [];
  if (!token) return undefined;
  try {
    const { payload } = await jwtVerify(token, secret, { algorithms: ["HS256"] });
    const { sub, name, exp } = Claims.parse(payload);
    return { account: { id: sub, name }, expires: exp * 1000 };
  } catch {
    return undefined;
  }
}
