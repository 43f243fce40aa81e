import Stripe from "stripe";
import { equal, fails } from "../check";

addEventListener("fetch", (event) => event.respondWith(respond(event.request).catch((error) => new Response(error.stack, { status: 500 }))));

async function respond(request: Request) {
  const server = new URL(new URL(request.url).searchParams.get("server")!);
  const stripe = new Stripe("sk_test_1", { host: server.hostname, port: Number(server.port), protocol: "http", httpClient: Stripe.createFetchHttpClient(), maxNetworkRetries: 1 });
  const customer = await stripe.customers.create({ email: "ann@example.com", metadata: { a: "1" } });
  equal([customer.id, customer.email], ["cus_1", "ann@example.com"]);
  const ids = [];
  for await (const { id } of stripe.customers.list({ limit: 2 })) ids.push(id);
  equal(ids, ["cus_1", "cus_2", "cus_3"]);
  await fails(() => stripe.customers.retrieve("cus_none"), "No such customer");

  // Webhooks are signed with crypto.subtle.
  const payload = JSON.stringify({ id: "evt_1", object: "event", type: "invoice.paid" }), secret = "whsec_1";
  const header = await stripe.webhooks.generateTestHeaderStringAsync({ payload, secret });
  equal((await stripe.webhooks.constructEventAsync(payload, header, secret)).type, "invoice.paid");
  await fails(() => stripe.webhooks.constructEventAsync(payload + " ", header, secret), "No signatures found matching");
  return new Response("ok");
}
