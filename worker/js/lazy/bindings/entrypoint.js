import { extendWorker, tag } from "shared";
import { importedEnv, importedExports, withEnv, withEnvAndExports, withExports } from "./import_env.js";
import { DurableObjectState } from "./object_state.js";
import { RpcTarget } from "./rpc_receive.js";
import { RpcPromise, RpcProperty, RpcStub } from "./rpc_stub.js";

// The superclasses of the classes of an application that Linger constructs.
class Entrypoint {
  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
  }
}

export class DurableObject extends Entrypoint {
  constructor(ctx, env) {
    if (!(ctx instanceof DurableObjectState)) throw new TypeError("DurableObject expects a DurableObjectState: the runtime constructs objects");
    super(ctx, env);
  }
}
export class WorkerEntrypoint extends Entrypoint {}

tag(DurableObject, WorkerEntrypoint);

// The module cloudflare:workers.
export const workers = {
  DurableObject,
  WorkerEntrypoint,
  RpcPromise,
  RpcProperty,
  RpcStub,
  RpcTarget,
  env: importedEnv,
  exports: importedExports,
  waitUntil: extendWorker,
  withEnv,
  withEnvAndExports,
  withExports,
};
