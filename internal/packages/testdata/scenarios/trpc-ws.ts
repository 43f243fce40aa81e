import { initTRPC } from "@trpc/server";
import { getWSConnectionHandler } from "@trpc/server/adapters/ws";

const t = initTRPC.create();
getWSConnectionHandler({ router: t.router({ hello: t.procedure.query(() => "hello") }) });
