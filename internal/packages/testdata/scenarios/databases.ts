import { neon, neonConfig } from "@neondatabase/serverless";
import { createClient } from "@supabase/supabase-js";
import { Redis } from "@upstash/redis";
import { drizzle } from "drizzle-orm/neon-http";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { equal, fails } from "../check";

addEventListener("fetch", (event) => event.respondWith(respond(event.request).catch((error) => new Response(error.stack, { status: 500 }))));

async function respond(request: Request) {
  const server = new URL(request.url).searchParams.get("server")!;
  const redis = new Redis({ url: `${server}/redis`, token: "token" });
  equal(await redis.set("key", { a: 1 }), "OK");
  equal(await redis.get("key"), { a: 1 });
  equal(await redis.pipeline().incr("n").get("none").exec(), [2, null]);
  await fails(() => redis.hset("wrong", { a: 1 }), "WRONGTYPE");

  neonConfig.fetchEndpoint = () => `${server}/sql`; // otherwise it is that of the host in the connection string
  const sql = neon("postgres://ann:secret@db.example.com/main");
  equal(await sql`select ${1}::int as one, 'x' as name`, [{ one: 1, name: "x" }]);
  const users = pgTable("users", { one: integer("one"), name: text("name") });
  equal(await drizzle(sql).select().from(users), [{ one: 1, name: "x" }]);

  const supabase = createClient(`${server}/supabase`, "key");
  const { data, error } = await supabase.from("users").select("id, name").eq("id", 5).order("name");
  equal([data, error], [[{ id: 5, name: "ann" }], null]);
  const missing = await supabase.from("nothing").select();
  equal([missing.data, missing.error!.message], [null, "no such table"]);
  const login = await supabase.auth.signInWithPassword({ email: "ann@example.com", password: "x" });
  equal(login.data.user?.id, "u1");
  return new Response("ok");
}
